// net/core/dev.c: network devices that come and go, and what the chain of netdevice notifiers hears of it.
import { errname } from '../errname.js'
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'
import { InjectError, type Kind, text, texts } from './inject_event.js'
import { netdev_chain } from './luanotifier.js'
import {
  dev_get_by_name,
  dev_setup,
  dev_valid_name,
  type net_device,
  register_netdevice,
  unregister_netdevice,
} from './netdevice.js'
import { notifier_to_errno } from './notifier_chain.js'

/** linux/netdevice.h: the events that are no more than told, and those of which actions are made. */
const events = {
  UP: 1,
  DOWN: 2,
  REBOOT: 3,
  CHANGE: 4,
  REGISTER: 5,
  UNREGISTER: 6,
  CHANGEMTU: 7,
  CHANGEADDR: 8,
  PRE_CHANGEADDR: 9,
  GOING_DOWN: 10,
  CHANGENAME: 11,
  FEAT_CHANGE: 12,
  BONDING_FAILOVER: 13,
  PRE_UP: 14,
  PRE_TYPE_CHANGE: 15,
  POST_TYPE_CHANGE: 16,
  POST_INIT: 17,
  RELEASE: 18,
  NOTIFY_PEERS: 19,
  JOIN: 20,
  CHANGEUPPER: 21,
  RESEND_IGMP: 22,
  PRECHANGEMTU: 23,
  CHANGEINFODATA: 24,
  PRECHANGEUPPER: 26,
  CHANGELOWERSTATE: 27,
  CHANGE_TX_QUEUE_LEN: 30,
} as const

type EventName = keyof typeof events

/** Tells of an event. Throws what refuses it. */
type Tell = (dev: net_device, name: EventName) => Promise<void>

async function close(dev: net_device, tell: Tell): Promise<void> {
  if (!dev.up) return
  await tell(dev, 'GOING_DOWN')
  dev_setup(dev, false)
  await tell(dev, 'DOWN')
}

/** What the actions do that are more than an event. */
const actions: Readonly<Record<string, (name: string, tell: Tell) => Promise<void>>> = {
  register: async (name, tell) => {
    if (dev_get_by_name(name) !== null) throw new InjectError(`there is a network device '${name}' already`)
    const dev = register_netdevice(name)
    try {
      await tell(dev, 'POST_INIT')
      await tell(dev, 'REGISTER')
    } catch (e) {
      unregister_netdevice(name)
      throw e
    }
  },
  up: async (name, tell) => {
    const dev = existing(name)
    if (dev.up) return
    await tell(dev, 'PRE_UP')
    dev_setup(dev, true)
    await tell(dev, 'UP')
  },
  down: async (name, tell) => close(existing(name), tell),
  unregister: async (name, tell) => {
    const dev = existing(name)
    await close(dev, tell)
    // The kernel tells of it while the device can still be found.
    await tell(dev, 'UNREGISTER')
    unregister_netdevice(name)
  },
}

function existing(name: string): net_device {
  const dev = dev_get_by_name(name)
  if (dev === null) throw new InjectError(`there is no network device '${name}': have it registered first`)
  return dev
}

/** The events that a notifier may refuse. */
const refusable: readonly EventName[] = ['POST_INIT', 'REGISTER', 'PRE_UP']

export const netdev: Kind = {
  fields: ['name', 'action'],
  hooks: () => netdev_chain.size,
  inject: async (fields, task: task_struct, deeds: Deed[]) => {
    const name = text(fields, 'name')
    if (!dev_valid_name(name))
      throw new InjectError(`'${name}' is no name of a network device: 1 to 15 bytes without spaces, '/' and ':'`)
    const wanted = texts(fields, 'action').map((action) => action.toLowerCase())
    if (wanted.length === 0)
      throw new InjectError("nothing happens: give an 'action', as register, up, down, unregister")
    for (const action of wanted) {
      if (actions[action] === undefined && !(action.toUpperCase() in events))
        throw new InjectError(
          `no action '${action}' of a network device: ${Object.keys(actions).join(', ')}, or an event of linux.netdev`,
        )
    }
    const tell: Tell = async (dev, event) => {
      const err = notifier_to_errno(await netdev_chain.call(events[event], dev, event, task, deeds))
      if (err !== 0 && refusable.includes(event))
        throw new InjectError(`a hook refuses ${event} of '${name}' (${errname(err) ?? err})`)
    }
    for (const action of wanted) {
      const act = actions[action]
      if (act !== undefined) await act(name, tell)
      else await tell(existing(name), action.toUpperCase() as EventName)
    }
    const dev = dev_get_by_name(name)
    return { name, ifindex: dev?.ifindex ?? null, up: dev?.up ?? false }
  },
}
