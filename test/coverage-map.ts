// tap's coverage map: which compiled source a test file covers. Tests mirror the sources, which run/variants.test.ts
// holds. Mount tests run the server in other processes and cover nothing here; those of the document and of the types
// go through the package's exports; those of lib/lua are written in Lua; that of luals/ reads definition files; those
// of run/ are about the tests themselves.

/**
 * For `build/test/vfs/namei.test.js` and `namei.links.test.js`, `build/src/vfs/namei.js`; null for a test of no single
 * file.
 */
const sourceOf = (test: string) =>
  /\/(mount|run|cli|kernel|devices|document|capi)\/|\/conformance|\/types\.|\/layers\.|\/luals\.|\/lib\/lua\./.test(
    test,
  )
    ? null
    : test.replace('build/test/', 'build/src/').replace(/(\.\w+)?\.test\.js$/, '.js')

// biome-ignore lint/style/noDefaultExport: tap asks for one
export default sourceOf
