/** The descriptor of a kernel process whose other end its parent holds: it is closed when the parent is gone. */
export const LIFELINE = 4
