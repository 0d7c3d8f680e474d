// The faults an emulated board can be told to have. Each stands for something seen on real benches: a
// marginal cable, a worn flash, a tripped hub, a locked chip. Data only; the board and the loader obey it.

export interface Faults {
  /** The n-th flash data block (from 1) never arrives, once. */
  loseDataBlock?: number;
  /** The answer to the n-th flash data block never arrives, once. */
  loseReplyToBlock?: number;
  /** One bit of the n-th flash data block is flipped on the wire, once. */
  flipWireByteInBlock?: number;
  /** A bit that is flipped in the flash array whenever this address is programmed, at most `times` times. */
  flipFlash?: { address: number; times: number };
  /** The board never answers anything and prints nothing. */
  silent?: boolean;
  /** The board stops answering for good after so many data blocks. */
  silentAfterBlocks?: number;
  /** The USB cable is pulled after so many data blocks. */
  unplugAfterBlocks?: number;
  /** Every reset prints this much unreadable text first, and the loader is preceded by it too. */
  bootNoiseBytes?: number;
  /** The chip is in secure download mode (fuse SECURE_DOWNLOAD_ENABLE). */
  secureDownload?: boolean;
  /** The stub is loaded and started but never says OHAI. */
  deadStub?: boolean;
  /** Above this baud rate every data block arrives damaged. */
  damagedAboveBaud?: number;
  /** The auto-reset circuit does not pull IO0 (missing transistor): every reset starts the application. */
  noAutoDownload?: boolean;
  /** IO0 stays low (a stuck BOOT button): every reset ends in the download mode. */
  bootButtonStuck?: boolean;
  /** The application starts but its interpreter never prints a prompt. */
  noPrompt?: boolean;
  /** The supply collapses when the application starts. */
  brownOut?: boolean;
}
