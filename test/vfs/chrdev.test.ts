import t from 'tap'
import { EBUSY, ENXIO } from '../../src/errno.js'
import { cdev_add, cdev_del, cdev_get, MAJOR, MINOR, MKDEV } from '../../src/vfs/chrdev.js'

t.test('a device number has 12 bits of major and 20 of minor, and is never negative', async (t) => {
  t.equal(MKDEV(10, 256), 0xa00100)
  for (const [major, minor] of [
    [0, 0],
    [1, 0],
    [0, 0xfffff],
    [0x800, 1],
    [0xfff, 0xfffff],
  ] as const) {
    const dev = MKDEV(major, minor)
    t.strictSame([dev >= 0, MAJOR(dev), MINOR(dev)], [true, major, minor])
  }
})
t.test('a number has one driver at a time', async (t) => {
  const dev = MKDEV(240, 1)
  const [one, two] = [{}, {}]
  t.equal(cdev_get(dev), -ENXIO)
  t.equal(cdev_add(dev, one), 0)
  t.equal(cdev_add(dev, two), -EBUSY)
  t.equal(cdev_get(dev), one)
  t.equal(cdev_get(dev + 1), -ENXIO)
  cdev_del(dev)
  t.equal(cdev_get(dev), -ENXIO)
  t.equal(cdev_add(dev, two), 0)
  t.equal(cdev_get(dev), two)
  cdev_del(dev)
  cdev_del(dev)
})
