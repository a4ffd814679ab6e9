/** The parts of jose that seal and open, in a file of its own: it is loaded late. */
export { FlattenedEncrypt } from "jose/jwe/flattened/encrypt"
export { flattenedDecrypt } from "jose/jwe/flattened/decrypt"
