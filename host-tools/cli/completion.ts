// `fairhop completion bash|zsh|fish`: a script that asks the hidden command `__complete` for the words that may come
// next. The answers are read from the commands themselves, so they cannot be out of date.
import { Argument, type Command, type Option } from 'commander';
import { boardIds } from '../firmware-build/boards.ts';
import { thisComputer } from '../ports/host-system.ts';
import { listPorts } from '../ports/list-ports.ts';

const SCRIPTS: Record<string, string> = {
  bash: `# fairhop completion for bash: put this line into ~/.bashrc
#   source <(fairhop completion bash)
_fairhop() {
  local IFS=$'\\n'
  COMPREPLY=( $(fairhop __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
}
complete -o default -F _fairhop fairhop
`,
  zsh: `#compdef fairhop
# fairhop completion for zsh: put this line into ~/.zshrc, after compinit
#   source <(fairhop completion zsh)
_fairhop() {
  local -a words_found
  words_found=( \${(f)"$(fairhop __complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)"} )
  if (( \${#words_found} )); then compadd -a words_found; else _files; fi
}
compdef _fairhop fairhop
`,
  fish: `# fairhop completion for fish:
#   fairhop completion fish > ~/.config/fish/completions/fairhop.fish
function __fairhop_complete
  set -l typed (commandline -opc) (commandline -ct)
  fairhop __complete -- $typed[2..-1] 2>/dev/null
end
complete -c fairhop -a '(__fairhop_complete)'
`,
};

export function register(program: Command): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(fairhop completion bash)\n' +
        '  fairhop completion fish > ~/.config/fish/completions/fairhop.fish',
    )
    .action((shell: string) => void process.stdout.write(SCRIPTS[shell]!));
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const found = await candidates(program, words);
      if (found.length > 0) console.log(found.join('\n'));
    });
}

/** What may stand in the place of the last word; empty where a file name is the best guess. */
export async function candidates(program: Command, words: string[]): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const { command, option, places } = position(program, words.slice(0, -1));
  const found = option !== undefined ? await valuesOf(option) : wordsOf(command, typed, places);
  return found.filter((word) => word.startsWith(typed)).sort();
}

interface Position {
  command: Command;
  /** The option whose value comes next. */
  option: Option | undefined;
  /** Words of the command's own so far. */
  places: number;
}

function position(program: Command, words: string[]): Position {
  const at: Position = { command: program, option: undefined, places: 0 };
  for (const word of words) {
    const { command } = at;
    if (at.option !== undefined && !at.option.variadic) {
      at.option = undefined;
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option !== undefined || word.startsWith('-')) {
      at.option = option?.required === true || option?.optional === true ? option : undefined;
      continue;
    }
    if (at.option !== undefined) continue;
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined) at.places++;
    else at.command = next;
  }
  return at;
}

async function valuesOf(option: Option): Promise<string[]> {
  if (option.argChoices !== undefined) return [...option.argChoices];
  if (option.long === '--port') return (await listPorts(thisComputer(), [])).map(({ path }) => path);
  return option.long === '--board' ? boardIds() : [];
}

function wordsOf(command: Command, typed: string, places: number): string[] {
  const help = command.createHelp();
  if (typed.startsWith('-'))
    return help.visibleOptions(command).map(({ long, short }) => long ?? short ?? '');
  const choices = command.registeredArguments[places]?.argChoices ?? [];
  return [...help.visibleCommands(command).map((one) => one.name()), ...choices];
}
