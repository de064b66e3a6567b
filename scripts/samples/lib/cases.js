'use strict';
// Every file of cases/ exports an object: name of the case -> its description (see run.js for the keys).
const fs = require('fs'), path = require('path');
const dir = path.join(__dirname, '..', 'cases');
const all = {};
for (const f of fs.readdirSync(dir).sort()) if (f.endsWith('.js')) Object.assign(all, require(path.join(dir, f)));
module.exports = all;
