import { constants } from 'node:os'
import t from 'tap'
import { errname } from '../src/errname.js'
import * as errno from '../src/errno.js'

// ENOTSUP is glibc's name for EOPNOTSUPP; the kernel has none.
t.test('every errno has the number that the system gives it', async (t) => {
  for (const [name, number] of Object.entries(constants.errno)) {
    if (name !== 'ENOTSUP') t.equal((errno as Record<string, number>)[name], number, name)
  }
})
t.test('errname gives the name of either sign, and the preferred one of two', async (t) => {
  t.equal(errname(2), 'ENOENT')
  t.equal(errname(-125), 'ECANCELED')
  t.equal(errname(11), 'EAGAIN')
  t.equal(errname(35), 'EDEADLK')
  t.equal(errname(133), 'EHWPOISON')
})
t.test('errname gives null for what is no errno', async (t) => {
  for (const n of [0, 41, 134, 1.5, Number.NaN]) t.equal(errname(n), null)
})
