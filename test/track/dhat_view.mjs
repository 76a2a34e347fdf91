// dhat_view.mjs VIEWER FILE: opens a file in DHAT's own viewer (dh_view.js, as Valgrind installs
// it), without a browser: its checks and its tree. Prints "BYTES BLOCKS PLACES LIFETIMES".
import fs from 'node:fs';
import vm from 'node:vm';

const [viewer, file] = process.argv.slice(2);
const option = { label: '', disabled: false, selected: false };
const script = fs.readFileSync(viewer, 'utf8') + `
gSelect = { childNodes: gSelectData.map(() => ({ ...option })), selectedIndex: 0 };
gData = JSON.parse(text);
buildTree();
for (const point of gData.pps) {
  if (point.fs.some(frame => !(frame > 0 && frame < gData.ftbl.length))) throw new Error('frame');
  const late = ['mb', 'gb', 'eb'].some(name => point[name] > point.tb);
  const many = ['mbk', 'gbk', 'ebk'].some(name => point[name] > point.tbk);
  if (late || many) throw new Error('more than the total');
}
if (gData.ftbl[0] !== '[root]') throw new Error('ftbl');
answer = [gRoot._totalBytes, gRoot._totalBlocks, gData.pps.length, gData.bklt].join(' ');
`;
const text = fs.readFileSync(file, 'utf8');
const context = { document: { title: '' }, text, option, answer: '' };
vm.runInNewContext(script, context);
console.log(context.answer);
