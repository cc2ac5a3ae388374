import t from 'tap'
import { LogFlight } from '../../src/kernel/flight.js'
import { LOG_BUF_LEN } from '../../src/printk.js'

t.test('records have their place until they arrive', async (t) => {
  const [thread, main] = [new LogFlight(), new LogFlight()]
  const other = new LogFlight(thread.memory)
  t.equal(thread.depart(LOG_BUF_LEN), true)
  t.equal(thread.depart(10), false, 'there is none in time')
  t.equal(thread.depart(10), false)
  t.equal(main.depart(1), true, "another's are its own")
  other.arrive(LOG_BUF_LEN)
  t.equal(thread.depart(10), true)
})
