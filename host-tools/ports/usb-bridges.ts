// The USB ids under which LoRa boards with an ESP32 show up: the serial bridge chips, and the chips' own USB.
// Data and one lookup. Ids are those of usb.ids and the makers' data sheets; `driver` is the Linux module.

export interface UsbBridge {
  readonly vendorId: number;
  readonly productId: number;
  readonly name: string;
  readonly driver: string;
}

export const USB_BRIDGES: readonly UsbBridge[] = [
  { vendorId: 0x10c4, productId: 0xea60, name: 'CP2102', driver: 'cp210x' },
  { vendorId: 0x1a86, productId: 0x7523, name: 'CH340', driver: 'ch341' },
  { vendorId: 0x1a86, productId: 0x55d3, name: 'CH343', driver: 'cdc_acm' },
  { vendorId: 0x1a86, productId: 0x55d4, name: 'CH9102', driver: 'cdc_acm' },
  { vendorId: 0x0403, productId: 0x6001, name: 'FT232R', driver: 'ftdi_sio' },
  { vendorId: 0x0403, productId: 0x6015, name: 'FT231X', driver: 'ftdi_sio' },
  { vendorId: 0x303a, productId: 0x1001, name: 'ESP32-S3/C3 USB-Serial/JTAG', driver: 'cdc_acm' },
];

/** Espressif's own vendor id: any product of it is a chip with USB of its own. */
const ESPRESSIF_VENDOR_ID = 0x303a;

export function usbBridge(vendorId: number, productId: number): UsbBridge | null {
  const known = USB_BRIDGES.find((b) => b.vendorId === vendorId && b.productId === productId);
  if (known !== undefined) return known;
  if (vendorId !== ESPRESSIF_VENDOR_ID) return null;
  return { vendorId, productId, name: 'ESP32 USB', driver: 'cdc_acm' };
}

export function usbId(vendorId: number, productId: number): string {
  const hex = (n: number): string => n.toString(16).padStart(4, '0');
  return `${hex(vendorId)}:${hex(productId)}`;
}
