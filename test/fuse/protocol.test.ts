import t from 'tap'
import * as P from '../../src/fuse/protocol.js'

t.test('an operation has a name in the log', async (t) => {
  t.equal(P.fuse_opname(15), 'read')
  t.equal(P.fuse_opname(4096), 'operation 4096')
})
