// Looks for everything that keeps a computer from talking to a board and names the exact remedy. Looks only:
// it opens no port and changes nothing. Called by `fairhop doctor`; each check is one function.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../cli/cli-error.ts';
import { groupName } from './accounts.ts';
import type { HostSystem } from './host-system.ts';
import { hasProgram } from './host-system.ts';
import type { PortInfo } from './list-ports.ts';
import { isLikelyBoard } from './list-ports.ts';
import { permissionRemedy } from './port-errors.ts';
import { processesNamed } from './port-holders.ts';
import { INSTALL_RULES, modemManagerIgnores } from './udev-rules.ts';
import { usbBridge, usbId } from './usb-bridges.ts';
import { allUsbDevices } from './usb-devices.ts';

export interface Finding {
  readonly check: 'board' | 'driver' | 'permission' | 'group' | 'busy' | 'modem-manager' | 'brltty' | 'udev';
  /** A problem prevents work; a warning will bite later or elsewhere. */
  readonly status: 'ok' | 'warning' | 'problem';
  readonly message: string;
  readonly remedy: string | null;
}

export interface Diagnosis {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
}

/** What must be cured first decides the exit code. */
const EXIT_BY_CHECK: readonly (readonly [Finding['check'], number])[] = [
  ['driver', ExitCode.NoPort],
  ['board', ExitCode.NoPort],
  ['permission', ExitCode.Permission],
  ['busy', ExitCode.PortBusy],
];
/** Groups that own serial ports: Debian and Fedora, Arch, and older systems. */
const SERIAL_GROUPS = ['dialout', 'uucp', 'tty'];

export function diagnose(host: HostSystem, ports: readonly PortInfo[]): Diagnosis {
  const boards = ports.filter(isLikelyBoard);
  const linux = host.platform === 'linux';
  const driver = linux ? driverFindings(host, ports) : [];
  const findings = [
    // A bridge without a port is on USB: "nothing is plugged in" would send the user the wrong way.
    ...(boards.length === 0 && driver.length > 0 ? [] : boardFindings(ports, boards)),
    ...driver,
    ...(linux ? linuxFindings(host, ports, boards) : []),
  ];
  const problem = EXIT_BY_CHECK.find(([check]) =>
    findings.some((finding) => finding.check === check && finding.status === 'problem'),
  );
  return { exitCode: problem?.[1] ?? ExitCode.Ok, findings };
}

function linuxFindings(host: HostSystem, ports: readonly PortInfo[], boards: readonly PortInfo[]): Finding[] {
  return [
    ...permissionFindings(ports),
    ...groupFindings(host, boards),
    ...busyFindings(ports),
    ...modemManagerFindings(host, boards),
    ...brlttyFindings(host),
    ...udevFindings(host, ports),
  ];
}

function boardFindings(ports: readonly PortInfo[], boards: readonly PortInfo[]): Finding[] {
  if (boards.length === 0) {
    const others =
      ports.length > 0 ? ` (${ports.length} other serial port${ports.length > 1 ? 's' : ''})` : '';
    return [
      {
        check: 'board',
        status: 'problem',
        message: `no board is visible on USB${others}`,
        remedy:
          'plug the board in with a data cable; if its lamp is on and nothing appears, the cable only ' +
          'charges: try another one, without a hub',
      },
    ];
  }
  return boards.map((port) => ({
    check: 'board',
    status: 'ok',
    remedy: null,
    message:
      `${port.path}: ${port.bridge} (${usbId(port.usb!.vendorId, port.usb!.productId)})` +
      (port.likelyBoards.length > 0 ? `, likely ${port.likelyBoards.join(' or ')}` : ''),
  }));
}

function driverFindings(host: HostSystem, ports: readonly PortInfo[]): Finding[] {
  const withPort = new Set(ports.map((port) => port.usbSysPath));
  const findings: Finding[] = [];
  for (const device of allUsbDevices(host)) {
    const bridge = usbBridge(device.vendorId, device.productId);
    if (bridge === null || withPort.has(device.sysPath)) continue;
    findings.push({
      check: 'driver',
      status: 'problem',
      message: `a ${bridge.name} (${usbId(device.vendorId, device.productId)}) on USB has no serial port`,
      remedy: `sudo modprobe ${bridge.driver}; inside a container the host has to load it`,
    });
  }
  return findings;
}

function permissionFindings(ports: readonly PortInfo[]): Finding[] {
  return ports.flatMap((port): Finding[] => {
    if (port.accessible === true) return [];
    if (port.accessible === null) {
      return [
        {
          check: 'permission',
          status: 'problem',
          message: `the kernel knows ${port.path}, but the node is missing`,
          remedy: `a container needs --device=${port.path}; elsewhere udev has to create it`,
        },
      ];
    }
    return [
      {
        check: 'permission',
        status: 'problem',
        message: `no permission to open ${port.path} (group ${port.group})`,
        remedy: permissionRemedy(port.path),
      },
    ];
  });
}

function groupFindings(host: HostSystem, boards: readonly PortInfo[]): Finding[] {
  if (host.uid === 0 || boards.some((port) => port.accessible === true)) return [];
  const groupFile = join(host.root, 'etc/group');
  const mine = host.gids.map((gid) => groupName(gid, groupFile));
  if (SERIAL_GROUPS.slice(0, 2).some((group) => mine.includes(group))) return [];
  return [
    {
      check: 'group',
      status: 'warning',
      message: 'this user is not in the group that owns serial ports (dialout)',
      remedy: 'sudo usermod -aG dialout "$USER", then log out and in again (the group is "uucp" on Arch)',
    },
  ];
}

function busyFindings(ports: readonly PortInfo[]): Finding[] {
  return ports
    .filter((port) => port.holders.length > 0)
    .map((port) => ({
      check: 'busy',
      status: 'problem',
      message: `${port.path} is in use by ${holderNames(port)}`,
      remedy: 'close that program, or choose another port',
    }));
}

function modemManagerFindings(host: HostSystem, boards: readonly PortInfo[]): Finding[] {
  if (processesNamed('ModemManager', join(host.root, 'proc')).length === 0) return [];
  const exposed = boards.filter(
    (port) => !modemManagerIgnores(host, port.usb!.vendorId, port.usb!.productId),
  );
  if (exposed.length === 0 && boards.length > 0) return [];
  return [
    {
      check: 'modem-manager',
      status: 'warning',
      message: 'ModemManager runs and sends modem commands to every new port, boards included',
      remedy: INSTALL_RULES,
    },
  ];
}

function brlttyFindings(host: HostSystem): Finding[] {
  if (processesNamed('brltty', join(host.root, 'proc')).length === 0) return [];
  return [
    {
      check: 'brltty',
      status: 'warning',
      message: 'brltty runs and takes CH340 and CP2102 ports for Braille displays',
      remedy:
        'sudo systemctl mask --now brltty.path brltty-udev.service (unless a Braille display is in use)',
    },
  ];
}

function udevFindings(host: HostSystem, ports: readonly PortInfo[]): Finding[] {
  if (!hasProgram(host, 'udevadm') || !existsSync(join(host.root, 'run/udev'))) {
    return [
      {
        check: 'udev',
        status: 'warning',
        message: 'udev is not running: there are no stable names and no access rules',
        remedy:
          'install udev, or pass the device into the container with --device; ports work by /dev name',
      },
    ];
  }
  if (ports.length > 0 && ports.every((port) => port.stableName === null)) {
    return [
      {
        check: 'udev',
        status: 'warning',
        message: 'udev keeps no stable names (/dev/serial/by-id is empty)',
        remedy: 'sudo udevadm trigger --subsystem-match=tty',
      },
    ];
  }
  return [];
}

function holderNames(port: PortInfo): string {
  return port.holders.map((holder) => `${holder.command} (process ${holder.pid})`).join(', ');
}
