import t from 'tap'
import { cpu_online, cpu_possible, cpu_present, cpulist_parse } from '../../src/lib/cpumask.js'

t.test('a list of ranges and numbers', async (t) => {
  t.strictSame(cpulist_parse('0-3,8\n'), [0, 1, 2, 3, 8])
  t.strictSame(cpulist_parse('0\n'), [0])
  t.strictSame(cpulist_parse('\n'), [])
})

t.test('each online CPU is present, each present one possible', async (t) => {
  t.ok(cpu_online().length >= 1)
  t.ok(cpu_online().every((cpu) => cpu_present().includes(cpu)))
  t.ok(cpu_present().every((cpu) => cpu_possible().includes(cpu)))
})
