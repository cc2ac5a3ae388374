// Frames on the wire, for sockets of AF_PACKET.
import { packet_deliver, packet_sent, packet_sockets } from './af_packet.js'
import { type Fields, InjectError, type Kind, text } from './inject_event.js'
import { behindEthernet, framesOf, guessLink } from './inject_packet.js'
import { dev_get_by_name } from './netdevice.js'
import { packetFields } from './packet.js'
import { ETH_HLEN } from './sk_buff.js'

/** Whether an event has a frame; without one it asks what was sent. */
const hasFrame = (fields: Fields): boolean =>
  ['hex', 'packets', 'frames', ...packetFields].some((name) => fields[name] !== undefined)

export const wire: Kind = {
  fields: ['hex', 'packets', 'frames', ...packetFields, 'link', 'dev'],
  hooks: () => packet_sockets(),
  inject: async (fields) => {
    const name = text(fields, 'dev', 'lo')
    const dev = dev_get_by_name(name)
    if (dev === null)
      throw new InjectError(`there is no network device '${name}': 'inject netdev ${name} register up' makes one`)
    const link = fields.link === undefined ? null : text(fields, 'link').toLowerCase()
    if (link !== null && link !== 'ethernet' && link !== 'raw')
      throw new InjectError(`no link '${link}' on the wire: ethernet, raw`)
    const { frames, list } = hasFrame(fields) ? framesOf(fields) : { frames: [], list: false }
    const verdicts = frames.map((given) => {
      const frame = (link ?? guessLink(given)) === 'raw' ? behindEthernet(given) : given
      if (frame.length < ETH_HLEN) throw new InjectError(`a frame of ${frame.length} bytes is too short for Ethernet`)
      const { heard, lost } = dev.up ? packet_deliver(Uint8Array.from(frame), dev, null) : { heard: 0, lost: 0 }
      return heard > 0 ? 'HEARD' : lost > 0 ? 'LOST' : 'UNHEARD'
    })
    if (list) return { packets: verdicts.map((verdict) => ({ verdict })) }
    const sent = packet_sent().map(({ dev, bytes }) => ({ dev, bytes: Buffer.from(bytes).toString('hex') }))
    return { ...(verdicts.length === 0 ? null : { verdict: verdicts[0] }), ...(sent.length === 0 ? null : { sent }) }
  },
}
