// The register file of the emulated chip, with the one peripheral a flasher drives through registers:
// the SPI controller, by which it asks the flash chip for its identity. Everything else reads back what
// was written. Called by the loader for the ops READ_REG and WRITE_REG.
import type { ChipModel } from './chips.ts';
import type { NorFlash } from './nor-flash.ts';

const ROM_MAGIC_ADDRESS = 0x40001000;
const SPI_CMD_USER = 1 << 18;
const FLASH_READ_ID = 0x9f;
/** An RDID answer for a chip that does not answer: the bus stays high. */
const NO_ANSWER = 0xffffff;

export class RegisterFile {
  private readonly values = new Map<number, number>();

  constructor(
    private readonly chip: ChipModel,
    private readonly flash: NorFlash,
    mac: Uint8Array,
  ) {
    for (const [address, value] of chip.fixedRegisters) this.values.set(address, value);
    this.values.set(ROM_MAGIC_ADDRESS, chip.magic);
    // The fuses hold the MAC with its last four bytes in the low word, highest byte first.
    const view = new DataView(mac.buffer, mac.byteOffset, 6);
    this.values.set(chip.macRegister, view.getUint32(2));
    this.values.set(chip.macRegister + 4, view.getUint16(0));
  }

  read(address: number): number {
    return this.values.get(address) ?? 0;
  }

  write(address: number, value: number, mask: number): void {
    const merged = ((this.read(address) & ~mask) | (value & mask)) >>> 0;
    this.values.set(address, merged);
    if (address === this.chip.spi.base && (merged & SPI_CMD_USER) !== 0) this.runSpiCommand();
  }

  private runSpiCommand(): void {
    const { base, usr2, w0 } = this.chip.spi;
    const command = this.read(base + usr2) & 0xff;
    this.values.set(base + w0, command === FLASH_READ_ID ? this.flash.jedecId() : NO_ANSWER);
    // Hardware clears the start bit when the transfer is done; the client polls for that.
    this.values.set(base, 0);
  }
}
