'use strict';
const cases = require('./cases');
const [flag, name] = process.argv.slice(2);
if (flag === '--node') console.log(cases[name].node || 12);
else console.log(Object.keys(cases).join('\n'));
