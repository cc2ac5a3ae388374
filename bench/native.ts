// The programs of this folder that are in C, built where a compiler and what they need are there.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A built program, or why there is none. */
export type Native = { readonly program: string } | { readonly skipped: string }

/** How long a compiler may take, in milliseconds. */
const buildMs = 60_000

const sources = fileURLToPath(new URL('../../bench/', import.meta.url))
const outputs = fileURLToPath(new URL('./native/', import.meta.url))

/** The names of Lua's packages: distributions differ. */
const luaPackages = ['lua5.4', 'lua-5.4', 'lua54', 'lua']

function run(command: string, args: readonly string[]) {
  return spawnSync(command, args, { encoding: 'utf8', timeout: buildMs })
}

/** What pkg-config says of a package, or null. */
function flags(name: string): string[] | null {
  const { status, stdout } = run('pkg-config', ['--cflags', '--libs', name])
  return status === 0 ? stdout.trim().split(/\s+/) : null
}

function build(name: string, args: readonly string[]): Native {
  mkdirSync(outputs, { recursive: true })
  const program = `${outputs}${name}`
  const { status, stderr, error } = run('gcc', ['-O2', '-o', program, `${sources}${name}.c`, '-pthread', ...args])
  if (status === 0) return { program }
  return { skipped: error === undefined ? `gcc can't build it: ${stderr.trim().split('\n')[0]}` : 'gcc is missing' }
}

const luaPackage = () => luaPackages.find((name) => run('pkg-config', ['--atleast-version=5.4', name]).status === 0)
const noLua: Native = { skipped: 'Lua 5.4 is missing (liblua5.4-dev)' }

/** The client. */
export const buildClient = (): Native => build('client', [])

/** The hashes of liblua and OpenSSL. */
export function buildSha256(): Native {
  const ssl = flags('libcrypto')
  if (ssl === null) return { skipped: 'pkg-config or OpenSSL is missing (libssl-dev)' }
  const lua = luaPackage()
  return lua === undefined ? noLua : build('sha256', [...ssl, ...(flags(lua) ?? [])])
}

/** The server that echoes, on Lua 5.4. */
export function buildEcho(): Native {
  const lua = luaPackage()
  return lua === undefined ? noLua : build('echo', flags(lua) ?? [])
}

/** The filter of packets, on Lua 5.4. */
export function buildPackets(): Native {
  const lua = luaPackage()
  return lua === undefined ? noLua : build('packets', flags(lua) ?? [])
}

/** The server on libfuse 3 and Lua 5.4. */
export function buildServer(): Native {
  const fuse = flags('fuse3')
  if (fuse === null) return { skipped: 'pkg-config or libfuse 3 is missing (libfuse3-dev)' }
  const lua = luaPackage()
  if (lua === undefined) return noLua
  // The newest interface that the installed library has, of the two that the source knows.
  const recent = run('pkg-config', ['--atleast-version=3.12', 'fuse3']).status === 0
  return build('server', [`-DFUSE_USE_VERSION=${recent ? 312 : 35}`, ...fuse, ...(flags(lua) ?? [])])
}
