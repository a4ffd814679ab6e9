// Compiled and never run: types arrive as such, and not as `any`.
import type { BusinessCloudClient } from "@sage-auth/core"
import { type InjectedSageClient, SageAuthModule, type SageAuthOptionsFactory } from "@sage-auth/nest"

export const own = (books: InjectedSageClient<BusinessCloudClient>): BusinessCloudClient => books.forTenant("harbour")
// @ts-expect-error -- a tenant is text
export const mistaken = (books: InjectedSageClient<BusinessCloudClient>): BusinessCloudClient => books.forTenant(1)
// @ts-expect-error -- a path is text
export const misplaced: ReturnType<SageAuthOptionsFactory["createSageAuthOptions"]> = { connections: {}, basePath: 1 }
// @ts-expect-error -- connections are made by the functions of the core
export const unmade = () => SageAuthModule.forRoot({ connections: { books: {} } })
