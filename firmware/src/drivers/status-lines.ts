// What a status display says about a node, as lines of text of at most 21 characters for ordinary figures.
// Pure; called by the display driver.

export interface NodeStatus {
  name: string;
  /** 32 bits, shown as eight hexadecimal digits. */
  address: number;
  /** Credits. */
  balance: number;
  neighbours: number;
  /** 0 when unknown. */
  batteryMv: number;
}

/** Line 3 stays empty for looks; the battery line appears once there is a figure. */
export function statusLines(status: NodeStatus): string[] {
  const lines = [
    status.name,
    'id ' + (status.address >>> 0).toString(16).padStart(8, '0'),
    '',
    'credits ' + String(status.balance),
    'neighbours ' + String(status.neighbours),
  ];
  if (status.batteryMv > 0) {
    const centivolts = Math.floor(status.batteryMv / 10);
    const fraction = String(centivolts % 100).padStart(2, '0');
    lines.push('battery ' + String(Math.floor(centivolts / 100)) + '.' + fraction + ' V');
  }
  return lines;
}
