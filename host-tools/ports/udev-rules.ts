// The udev rule that keeps ModemManager away from the boards and gives the person at the screen access.
// Text made from the bridge table; `fairhop doctor --udev-rules` prints it, the doctor looks for it.
import { join } from 'node:path';
import type { HostSystem } from './host-system.ts';
import { namesIn, readText } from './host-system.ts';
import { USB_BRIDGES, usbId } from './usb-bridges.ts';

/** Before 73-seat-late.rules, which acts on the uaccess tag. */
export const RULES_FILE = '/etc/udev/rules.d/70-fairhop.rules';
export const INSTALL_RULES =
  `fairhop doctor --udev-rules | sudo tee ${RULES_FILE} && ` +
  'sudo udevadm control --reload && sudo udevadm trigger';
const RULE_DIRECTORIES = ['etc/udev/rules.d', 'run/udev/rules.d', 'usr/lib/udev/rules.d', 'lib/udev/rules.d'];

export function udevRules(): string {
  const rules = USB_BRIDGES.map(({ vendorId, productId, name }) => {
    const [vendor, product] = usbId(vendorId, productId).split(':');
    return (
      `# ${name}\nSUBSYSTEMS=="usb", ATTRS{idVendor}=="${vendor}", ATTRS{idProduct}=="${product}", ` +
      'ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1", TAG+="uaccess"\n'
    );
  });
  return `# Fairhop boards: open to the person at the screen, closed to ModemManager.\n${rules.join('')}`;
}

/** True when some rule tells ModemManager to leave this device alone. */
export function modemManagerIgnores(host: HostSystem, vendorId: number, productId: number): boolean {
  const [vendor, product] = usbId(vendorId, productId).split(':');
  const texts = RULE_DIRECTORIES.flatMap((directory) =>
    namesIn(join(host.root, directory))
      .filter((name) => name.endsWith('.rules'))
      .map((name) => readText(join(host.root, directory, name)) ?? ''),
  );
  return texts.some((text) =>
    text
      .split('\n')
      .some(
        (line) =>
          line.includes('ID_MM_DEVICE_IGNORE') &&
          line.includes(`"${vendor}"`) &&
          (line.includes(`"${product}"`) || !line.includes('idProduct')),
      ),
  );
}
