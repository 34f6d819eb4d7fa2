/** openpyxl (Python), a foreign reader and writer of workbooks. */
import { spawnSync } from 'node:child_process';
import { preparePythonPackages, pythonOf } from '../../servers/python-packages.ts';

export function prepareOpenpyxl(): string | undefined {
  return preparePythonPackages('openpyxl', ['openpyxl==3.1.5']);
}

/** Runs Python with `workbook` to fill, and returns the bytes of the file. */
export function writtenByOpenpyxl(script: string): Buffer {
  return run(`import datetime, io, sys, openpyxl
workbook = openpyxl.Workbook()
sheet = workbook.active
${script}
out = io.BytesIO()
workbook.save(out)
sys.stdout.buffer.write(out.getvalue())`);
}

/** Returns the sheets: their names and the values of their cells. */
export function readByOpenpyxl(bytes: Buffer): Readonly<Record<string, readonly (readonly unknown[])[]>> {
  const json = run(
    `import io, json, sys, openpyxl
workbook = openpyxl.load_workbook(io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps({sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in workbook}))`,
    bytes,
  );
  return JSON.parse(json.toString('utf8')) as Readonly<Record<string, readonly (readonly unknown[])[]>>;
}

function run(script: string, input: Buffer = Buffer.alloc(0)): Buffer {
  const { status, stdout, stderr } = spawnSync(pythonOf('openpyxl'), ['-c', script], { input, maxBuffer: 100_000_000 });
  if (status !== 0) throw new Error(stderr.toString('utf8'));
  return stdout;
}
