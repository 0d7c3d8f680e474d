// What the mask ROM and the second-stage bootloader do after a reset: find a bootloader, a partition table
// and an application, check them, and start or refuse. The text is what a terminal would show.
// Called by the emulated board on every reset into normal mode; it changes nothing.
import { parseEspImage } from '../esp-image.ts';
import { parsePartitionTable } from '../partition-table.ts';
import type { ChipModel } from './chips.ts';
import type { NorFlash } from './nor-flash.ts';

export const PARTITION_TABLE_ADDRESS = 0x8000;

export interface BootResult {
  readonly starts: boolean;
  readonly log: string;
}

/** `bootMode` is the strapping value the ROM prints: 0x13 starts from flash, 0x3 waits for a download. */
export function bootLine(chip: ChipModel, bootMode: number): string {
  const mode = bootMode === 0x13 ? 'SPI_FAST_FLASH_BOOT' : 'DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)';
  return `${chip.bootBanner}\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x${bootMode.toString(16)} (${mode})\r\n`;
}

export function bootFromFlash(chip: ChipModel, flash: NorFlash): BootResult {
  const refuse = (reason: string): BootResult => ({
    starts: false,
    log: bootLine(chip, 0x13) + `${reason}\r\n`.repeat(3),
  });

  const bootloader = parseEspImage(flash.bytes.subarray(chip.bootloaderOffset, PARTITION_TABLE_ADDRESS));
  if (!bootloader.ok) return refuse(`invalid header: ${bootloader.problem}`);
  if (bootloader.chipId !== chip.imageChipId) return refuse('invalid header: chip id');
  if (bootloader.flashBytes > flash.sizeBytes) {
    const [detected, header] = [flash.sizeBytes / 1024, bootloader.flashBytes / 1024];
    const detail = `Detected size(${detected}k) smaller than the size in the binary image header(${header}k)`;
    return refuse(`E (35) spi_flash: ${detail}. Probe failed.`);
  }
  const table = parsePartitionTable(
    flash.bytes.subarray(PARTITION_TABLE_ADDRESS, PARTITION_TABLE_ADDRESS + 0xc00),
  );
  if (!table.ok) return refuse('E (60) boot: Failed to verify partition table');
  const factory = table.partitions.find((p) => p.type === 0 && p.subtype === 0);
  if (factory === undefined) return refuse('E (60) boot: No bootable app partitions in the partition table');

  const app = parseEspImage(flash.bytes.subarray(factory.address, factory.address + factory.sizeBytes));
  if (!app.ok) {
    return refuse(`E (70) esp_image: ${app.problem}\r\nE (71) boot: Factory app partition is not bootable`);
  }
  const log = 'I (31) boot: 2nd stage bootloader\r\nI (70) boot: Loaded app from partition at offset 0x10000';
  return { starts: true, log: `${bootLine(chip, 0x13)}${log}\r\n` };
}
