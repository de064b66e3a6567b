'use strict';
// samples/README.md: the table of all cases.
const fs = require('fs'), path = require('path');
const cases = require('./cases');
const dir = path.join(__dirname, '..', '..', '..', 'samples');
const short = { nlog: 'NLog', serilog: 'Serilog', log4net: 'log4net', mel: 'MEL console', 'mel bare': 'MEL console, no stamps', 'mel time': 'MEL console, time only', classic: 'classic', comma: 'time comma' };
const rows = Object.entries(cases).filter(([n]) => fs.existsSync(path.join(dir, n, 'README.md'))).map(([n, c]) => {
  const l = ['messenger', 'comsocket', 'swyxit'].map((k) => (c.layouts[k] ? short[c.layouts[k]] || c.layouts[k] : '-')).join(' / ');
  return `| [${n}](${n}/README.md) | ${c.title} | ${c.stage || 'none'} | ${c.class || 'none'} | ${l} | ${c.crlf ? 'CRLF' : 'LF'} |`;
});
fs.writeFileSync(path.join(dir, 'README.md'), `# Samples

One folder is what one customer would send: the trace files of one user. \`none\`: the login succeeded, and no failing step may be named.
No real trace of Swyx is public, so none is here. The Messenger's files come from real logging libraries and real failures; the
files of ComSocket and SwyxIt! are built from documented texts. Each folder's README says what is real and what is built.
\`scripts/samples/make.sh [case ...]\` makes them anew.

| case | what | failing stage | class | layouts (Messenger / ComSocket / SwyxIt!) | line ends |
|---|---|---|---|---|---|
${rows.join('\n')}
`);
