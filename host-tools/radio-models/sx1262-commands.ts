// Commands and registers of the SX1262 as its datasheet (rev. 2.1, chapters 11 to 13) lists them: opcodes,
// exact lengths, when they are allowed, reset values. Facts only; sx1262-model.ts gives them behaviour.

export const enum Op {
  ResetStats = 0x00,
  ClearIrqStatus = 0x02,
  ClearDeviceErrors = 0x07,
  SetDioIrqParams = 0x08,
  WriteRegister = 0x0d,
  WriteBuffer = 0x0e,
  GetPacketType = 0x11,
  GetIrqStatus = 0x12,
  GetRxBufferStatus = 0x13,
  GetPacketStatus = 0x14,
  GetRssiInst = 0x15,
  GetDeviceErrors = 0x17,
  ReadRegister = 0x1d,
  ReadBuffer = 0x1e,
  SetStandby = 0x80,
  SetRx = 0x82,
  SetTx = 0x83,
  SetSleep = 0x84,
  SetRfFrequency = 0x86,
  SetCadParams = 0x88,
  Calibrate = 0x89,
  SetPacketType = 0x8a,
  SetModulationParams = 0x8b,
  SetPacketParams = 0x8c,
  SetTxParams = 0x8e,
  SetBufferBaseAddress = 0x8f,
  SetRxTxFallbackMode = 0x93,
  SetPaConfig = 0x95,
  SetRegulatorMode = 0x96,
  SetDio3AsTcxoCtrl = 0x97,
  CalibrateImage = 0x98,
  SetDio2AsRfSwitchCtrl = 0x9d,
  SetLoraSymbNumTimeout = 0xa0,
  GetStatus = 0xc0,
  SetFs = 0xc1,
  SetCad = 0xc5,
}

export interface CommandRule {
  name: string;
  /** Bytes with the opcode; for the open-ended ones those before the data, which may break off. */
  length: number;
  open?: boolean;
  /** Refused while the chip receives, transmits or detects. */
  standbyOnly?: boolean;
  /** Needs SetPacketType first (DS 13.4.2: the first command of a radio configuration). */
  afterPacketType?: boolean;
}

const STANDBY = { standbyOnly: true };
const RADIO = { standbyOnly: true, afterPacketType: true };

export const COMMANDS: Readonly<Record<number, CommandRule>> = {
  [Op.ResetStats]: { name: 'ResetStats', length: 7 },
  [Op.ClearIrqStatus]: { name: 'ClearIrqStatus', length: 3 },
  [Op.ClearDeviceErrors]: { name: 'ClearDeviceErrors', length: 3 },
  [Op.SetDioIrqParams]: { name: 'SetDioIrqParams', length: 9 },
  [Op.WriteRegister]: { name: 'WriteRegister', length: 3, open: true },
  [Op.WriteBuffer]: { name: 'WriteBuffer', length: 2, open: true },
  [Op.GetPacketType]: { name: 'GetPacketType', length: 3 },
  [Op.GetIrqStatus]: { name: 'GetIrqStatus', length: 4 },
  [Op.GetRxBufferStatus]: { name: 'GetRxBufferStatus', length: 4 },
  [Op.GetPacketStatus]: { name: 'GetPacketStatus', length: 5 },
  [Op.GetRssiInst]: { name: 'GetRssiInst', length: 3 },
  [Op.GetDeviceErrors]: { name: 'GetDeviceErrors', length: 4 },
  [Op.ReadRegister]: { name: 'ReadRegister', length: 4, open: true },
  [Op.ReadBuffer]: { name: 'ReadBuffer', length: 3, open: true },
  [Op.SetStandby]: { name: 'SetStandby', length: 2 },
  [Op.SetRx]: { name: 'SetRx', length: 4, afterPacketType: true },
  [Op.SetTx]: { name: 'SetTx', length: 4, afterPacketType: true },
  [Op.SetSleep]: { name: 'SetSleep', length: 2, ...STANDBY },
  [Op.SetRfFrequency]: { name: 'SetRfFrequency', length: 5, ...STANDBY },
  [Op.SetCadParams]: { name: 'SetCadParams', length: 8, ...RADIO },
  [Op.Calibrate]: { name: 'Calibrate', length: 2, ...STANDBY },
  [Op.SetPacketType]: { name: 'SetPacketType', length: 2, ...STANDBY },
  [Op.SetModulationParams]: { name: 'SetModulationParams', length: 5, ...RADIO },
  [Op.SetPacketParams]: { name: 'SetPacketParams', length: 7, ...RADIO },
  [Op.SetTxParams]: { name: 'SetTxParams', length: 3, ...STANDBY },
  [Op.SetBufferBaseAddress]: { name: 'SetBufferBaseAddress', length: 3, ...STANDBY },
  [Op.SetRxTxFallbackMode]: { name: 'SetRxTxFallbackMode', length: 2, ...STANDBY },
  [Op.SetPaConfig]: { name: 'SetPaConfig', length: 5, ...STANDBY },
  [Op.SetRegulatorMode]: { name: 'SetRegulatorMode', length: 2, ...STANDBY },
  [Op.SetDio3AsTcxoCtrl]: { name: 'SetDIO3AsTcxoCtrl', length: 5, ...STANDBY },
  [Op.CalibrateImage]: { name: 'CalibrateImage', length: 3, ...STANDBY },
  [Op.SetDio2AsRfSwitchCtrl]: { name: 'SetDIO2AsRfSwitchCtrl', length: 2, ...STANDBY },
  [Op.SetLoraSymbNumTimeout]: { name: 'SetLoRaSymbNumTimeout', length: 2, ...RADIO },
  [Op.GetStatus]: { name: 'GetStatus', length: 2 },
  [Op.SetFs]: { name: 'SetFs', length: 1, afterPacketType: true },
  [Op.SetCad]: { name: 'SetCad', length: 1, afterPacketType: true },
};

/** DS table 12-1, and the registers of the errata chapter 15. */
export const REGISTER_RESET: Readonly<Record<number, number>> = {
  0x0580: 0x00, 0x0583: 0x00, 0x0584: 0x00, 0x0585: 0x00, 0x06b8: 0x01, 0x06b9: 0x00, 0x06bc: 0x1d,
  0x06bd: 0x0f, 0x06be: 0x10, 0x06bf: 0x21, 0x06c0: 0x97, 0x06cd: 0x00, 0x06ce: 0x00, 0x0736: 0x0d,
  0x0740: 0x14, 0x0741: 0x24, 0x0749: 0x00, 0x076b: 0x00, 0x0819: 0x00, 0x081a: 0x00, 0x081b: 0x00,
  0x081c: 0x00, 0x0889: 0x01, 0x08ac: 0x94, 0x08d8: 0xc8, 0x08e7: 0x18, 0x0902: 0x00, 0x0911: 0x05,
  0x0912: 0x05, 0x0920: 0x01, 0x0944: 0x00,
};

/** Hz by the code of SetModulationParams. */
export const BANDWIDTH_HZ: Readonly<Record<number, number>> = {
  0: 7810, 8: 10420, 1: 15630, 9: 20830, 2: 31250, 10: 41670, 3: 62500, 4: 125000, 5: 250000, 6: 500000,
};
