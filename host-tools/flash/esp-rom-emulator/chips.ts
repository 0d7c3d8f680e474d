// The chips the emulator can be: identity, addresses and flash layout, as the ROM loaders report them.
// Addresses are those of the technical reference manuals (chapters eFuse and SPI). Data only; the
// register file and the loader read it, and tests pick a chip by name.

export type ChipName = 'esp32' | 'esp32s3' | 'esp32c3';

export interface ChipModel {
  readonly name: ChipName;
  /** Chip id of the image header and of GET_SECURITY_INFO. */
  readonly imageChipId: number;
  /** Value of the ROM word at 0x40001000, from which a classic ESP32 is recognised. */
  readonly magic: number;
  readonly hasSecurityInfo: boolean;
  readonly macRegister: number;
  readonly bootloaderOffset: number;
  readonly spi: { base: number; usr: number; usr2: number; misoLength: number; w0: number };
  /** Register values a client reads besides the MAC (UART clock divider, chip revision fuses). */
  readonly fixedRegisters: ReadonlyArray<readonly [address: number, value: number]>;
  readonly bootBanner: string;
}

const SPI_NEW = { base: 0x60002000, usr: 0x18, usr2: 0x20, misoLength: 0x28, w0: 0x58 };

export const CHIP_MODELS: Readonly<Record<ChipName, ChipModel>> = {
  esp32: {
    name: 'esp32',
    imageChipId: 0,
    magic: 0x00f01d83,
    hasSecurityInfo: false,
    macRegister: 0x3ff5a004,
    bootloaderOffset: 0x1000,
    spi: { base: 0x3ff42000, usr: 0x1c, usr2: 0x24, misoLength: 0x2c, w0: 0x80 },
    // Word 3: package 1 (D0WD), revision bit 0. UART divider: 40 MHz crystal at 115200 baud.
    fixedRegisters: [
      [0x3ff5a00c, 0x00008200],
      [0x3ff5a014, 0x00100000],
      [0x3ff40014, 347],
    ],
    bootBanner: 'ets Jul 29 2019 12:21:46',
  },
  esp32s3: {
    name: 'esp32s3',
    imageChipId: 9,
    magic: 9,
    hasSecurityInfo: true,
    macRegister: 0x60007044,
    bootloaderOffset: 0,
    spi: SPI_NEW,
    // Wafer version 0.1, so that the client's special case for the very first silicon stays out.
    fixedRegisters: [
      [0x60007050, 1 << 18],
      [0x60000014, 347],
    ],
    bootBanner: 'ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021',
  },
  esp32c3: {
    name: 'esp32c3',
    imageChipId: 5,
    magic: 0x1b31506f,
    hasSecurityInfo: true,
    macRegister: 0x60008844,
    bootloaderOffset: 0,
    spi: SPI_NEW,
    fixedRegisters: [
      [0x60008850, 3 << 18],
      [0x60000014, 347],
    ],
    bootBanner: 'ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021',
  },
};
