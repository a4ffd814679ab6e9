/** The parts of jose that seal and open, in one file that is loaded late. */
export { FlattenedEncrypt } from "jose/jwe/flattened/encrypt"
export { flattenedDecrypt } from "jose/jwe/flattened/decrypt"
