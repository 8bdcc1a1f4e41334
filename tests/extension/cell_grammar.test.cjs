// Node's own test runner over the compiled pure parts; `LOOM_BUILT` is where they are, `LOOM_CASES` what Python says.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const test = require('node:test');

const part = name => require(join(process.env.LOOM_BUILT, name));
const { readCellLine } = part('cell/checks');
const { compareCell, refusal } = part('cell/compare');
const { expressionsOf } = part('cell/expressions');
const { cellOf, isLoomLine, readCell, readLine } = part('cell/magic');
const { didYouMean, quoted } = part('cell/nearest');
const { suggest } = part('cell/suggest');
const { wordsOf } = part('cell/words');
const { dollars } = part('format');
const { brief, whole } = part('status/words');
const cases = JSON.parse(readFileSync(process.env.LOOM_CASES, 'utf-8'));

const shown = (text, { tokens }) => tokens.map(({ from, to, kind }) => [kind, text.slice(from, to)]);
const reading = text => readCell(text, cellOf(text));

test('a line is refused in the words in which Python refuses it', () => {
  for (const [line, message] of cases.lines) {
    assert.equal(readCellLine(line, 0).problems[0]?.message ?? null, message, line);
  }
});

test('words are split as Python splits them', () => {
  for (const [line, words] of cases.words) {
    const found = wordsOf(line);
    assert.deepEqual(found.fault === null ? found.words.map(word => word.text) : null, words, line);
  }
});

test('the expressions of a body are those that Python fills in', () => {
  for (const [text, sources, message] of cases.bodies) {
    const found = expressionsOf(text);
    assert.equal(found.problem?.message ?? null, message, text);
    if (message === null) {
      assert.deepEqual(found.expressions.map(one => text.slice(one.codeFrom, one.codeTo)), sources, text);
    }
  }
});

test('the nearest name is the one that Python finds', () => {
  for (const [given, valid, sentence] of cases.nearest) {
    assert.equal(didYouMean(given, valid), sentence, given);
  }
});

test('a text is quoted as Python quotes it', () => {
  for (const [text, repr] of cases.quoted) {
    assert.equal(quoted(text), repr);
  }
});

test('money is written as Python writes it', () => {
  for (const [amount, text] of cases.money) {
    assert.equal(dollars(amount), text);
  }
});

test('a cell is ours when its first line that is not blank begins with the magic', () => {
  for (const text of ['%%loom', '%%loom\nhi', '\n  \n%%loom --raw\nhi', '  %%loom\nhi', '%%loom\r\nhi']) {
    assert.equal(cellOf(text)?.kind, 'prompt', text);
  }
  for (const text of ['', '%loom runs', '%%loomy\nhi', 'x\n%%loom\nhi', '%%timeit\n%%loom', '# %%loom', 'a%%loom']) {
    assert.equal(cellOf(text), null, text);
  }
  assert.equal(cellOf('%%loom config me\nmodel = "echo"').kind, 'config');
  assert.equal(cellOf('%%loom configure').kind, 'prompt');
});

test('every part of a first line has its kind', () => {
  const text = '%%loom --arch=react --tools "a, b" --user {me} --ask --nope 1\nhi';
  assert.deepEqual(shown(text, reading(text)), [
    ['magic', '%%loom'],
    ['option', '--arch'],
    ['value', 'react'],
    ['option', '--tools'],
    ['string', '"a, b"'],
    ['option', '--user'],
    ['value', '{me}'],
    ['option', '--ask'],
    ['wrong', '--nope'],
    ['value', '1'],
    ['expression', '{me}'],
  ]);
});

test('an unknown option is underlined where it stands, and nothing else', () => {
  const text = '\n%%loom --arhc react\nhi';
  const [problem, ...more] = reading(text).problems;
  assert.equal(text.slice(problem.from, problem.to), '--arhc');
  assert.match(problem.message, /did you mean '--arch'/);
  assert.deepEqual(more, []);
});

test('braces are plain text where --raw is given, and in a config', () => {
  assert.deepEqual(reading('%%loom --raw\n{x} }').expressions, []);
  assert.deepEqual(reading('%%loom --raw\n{x} }').problems, []);
  assert.deepEqual(reading('%%loom config me\nmodel = {}').expressions, []);
  assert.match(reading('%%loom config 1a\n').problems[0].message, /takes the name of a variable.*not '1a'/);
});

test('a line magic has its command, its options and settings', () => {
  const line = 'x = %loom cost --by model --al';
  assert.ok(isLoomLine(line));
  assert.deepEqual(shown(line, readLine(line, 0)), [
    ['magic', '%loom'],
    ['command', 'cost'],
    ['option', '--by'],
    ['value', 'model'],
    ['wrong', '--al'],
  ]);
  assert.match(readLine(line, 0).problems[0].message, /of %loom cost: did you mean '--all'\?/);
  const settings = '%loom model=echo instructions="be brief" colour=red';
  assert.deepEqual(
    shown(settings, readLine(settings, 0)).map(([kind]) => kind),
    ['magic', 'setting', 'value', 'setting', 'string', 'wrong', 'value'],
  );
  assert.match(readLine('%loom cots', 0).problems[0].message, /no command 'cots': did you mean 'cost'/);
  assert.match(readLine('%loom model', 0).problems[0].message, /is a setting; write %loom model=/);
  assert.deepEqual(readLine('%loom memory alice --search "who?"', 0).problems, []);
  assert.deepEqual(readLine('%loom mcp add files -- npx server', 0).problems, []);
  assert.ok(!isLoomLine('x = "%loom runs"') && !isLoomLine('%loomy') && !isLoomLine('print(%loom)'));
});

const offered = (text, known) => suggest(text, text.length, known).items.map(item => item.text);

test('behind --arch stand the twelve, those that need other agents last, with how they are made', () => {
  const { items, from } = suggest('%%loom --arch ', 14);
  assert.equal(items.length, 12);
  assert.equal(from, 14);
  assert.deepEqual(items.slice(0, 2).map(item => item.text), ['react', 'self-refine']);
  assert.match(items.find(item => item.text === 'router').meaning, /Team\.router/);
  assert.deepEqual(offered('%%loom --arch react,re'), ['react', 'rewoo', 'reflexion'].filter(x => offered('%%loom --arch re').includes(x)).sort((a, b) => offered('%%loom --arch re').indexOf(a) - offered('%%loom --arch re').indexOf(b)));
});

test('options that are given are not offered again, values take the place of options', () => {
  assert.ok(offered('%%loom ').includes('config') && offered('%%loom ').includes('--arch'));
  assert.ok(!offered('%%loom --ask --').includes('--ask'));
  assert.deepEqual(offered('%%loom --user al', { users: ['alice', 'bob'] }), ['alice']);
  const hostile = ['al ice', "o'hara", 'two\nlines', '<img src=x>', '{1/0}'];
  for (const name of offered('%%loom --user ', { users: hostile })) {
    const [word, ...more] = wordsOf(name).words;
    assert.ok(hostile.includes(word.text) && more.length === 0 && !name.includes('\n'), name);
  }
  assert.deepEqual(offered('%loom ask='), ['on', 'off']);
  assert.deepEqual(offered('%loom mcp '), ['add', 'list', 'remove']);
  assert.deepEqual(offered('%loom cost --by mo'), ['model']);
  assert.deepEqual(offered('%%loom --out '), []);
  assert.deepEqual(offered('%%loom --arch react\n--'), [], 'a prompt is nobody else’s');
  assert.deepEqual(offered('loom --'), []);
});

const choice = { arms: ['react', 'rewoo'], model: '', dataset: '', cases: null };

test('Compare… writes the cell that was chosen, with the prompt and what is not about who answers', () => {
  const source = '%%loom --arch react --user alice --out x\nHow many, {name}?\n';
  assert.equal(compareCell(choice, source), '%%loom --arch react,rewoo --user alice\nHow many, {name}?');
  const evaluation = { ...choice, dataset: 'my data', cases: 20, model: 'echo' };
  assert.equal(
    compareCell(evaluation, source),
    "%%loom --ab react,rewoo --model echo --on 'my data' --n 20 --user alice\n",
  );
  assert.equal(compareCell({ ...choice, arms: ['react', 'mine'] }, '%%loom\nhi'), '%%loom --ab react,mine\nhi');
  for (const one of [choice, evaluation]) {
    assert.deepEqual(reading(compareCell(one, source)).problems, []);
  }
});

test('Compare… says what can not be compared', () => {
  assert.equal(refusal(choice), null);
  assert.match(refusal({ ...choice, arms: ['react'] }), /two or more/);
  assert.match(refusal({ ...choice, arms: ['react', 'rewoo', 'mine'] }), /choose two, or name a dataset/);
  assert.equal(refusal({ ...choice, arms: ['react', 'rewoo', 'mine'], dataset: 'capitals' }), null);
  assert.match(refusal({ ...choice, dataset: 'capitals', cases: 0.5 }), /whole number from 1/);
});

const spent = { cost_usd: 0.0012, calls: 3, calls_unpriced: 0, calls_cached: 0, tokens_in: 1200, tokens_out: 34 };

test('what was spent is said with what is unknown, and replayed calls count nothing', () => {
  assert.equal(brief(spent), '$0.00120 · 3 calls');
  assert.equal(brief({ ...spent, calls_unpriced: 3, cost_usd: 0 }), 'unknown price · 3 calls');
  assert.equal(brief({ ...spent, calls_unpriced: 1 }), '$0.00120 + 1 call of unknown price · 3 calls');
  assert.equal(brief({ ...spent, calls_cached: 1 }), '$0.00120 · 2 calls');
  assert.equal(brief({ ...spent, calls_cached: 3, cost_usd: 0 }), '$0.00 · 3 replayed calls');
  assert.equal(brief({ ...spent, calls: 0 }), 'no calls yet');
  assert.equal(whole('Today', spent), 'Today: $0.00120 · 3 calls, 1,200 tokens in, 34 out');
});
