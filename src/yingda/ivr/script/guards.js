// The engine's clock is looked at between steps of a script, not inside its native functions. So what could run for seconds
// in one native call is taken away or given a limit: endless array-likes, BigInt, raw memory, code made of text unseen.
(function () {
  'use strict';
  const MOST = 200000; // elements
  const MOST_COMPARED = 10000000; // characters of a text × characters sought
  const { getOwnPropertyNames, defineProperty, getPrototypeOf } = Object;
  const apply = Function.prototype.call.bind(Function.prototype.apply);
  const test = Function.prototype.call.bind(RegExp.prototype.test);
  const Native = Function;
  const evaluate = globalThis.eval;
  const BIGINT = /(^|[^\w$])(0[xXbBoO][\da-fA-F_]+|\d[\d_]*)n\b/;

  function checked(list) {
    if (list !== null && list !== undefined && list.length > MOST) throw new RangeError(`more than ${MOST} elements`);
    return list;
  }

  function replace(holder, name, value) {
    defineProperty(holder, name, { value, writable: true, configurable: true, enumerable: false });
  }

  for (const name of getOwnPropertyNames(Array.prototype)) {
    const native = Array.prototype[name];
    if (typeof native !== 'function' || name === 'constructor') continue;
    replace(Array.prototype, name, function (...given) {
      checked(this);
      if (name === 'concat') given.forEach(checked);
      return apply(native, this, given);
    });
  }
  const forEach = Array.prototype.forEach;
  replace(Array.prototype, 'flat', function (depth) {
    const found = [];
    apply(forEach, this, [(part) => {
      if (Array.isArray(part) && depth !== 0) found.push(...part.flat((depth === undefined ? 1 : depth) - 1));
      else found.push(part);
    }]);
    return found;
  });
  replace(Array.prototype, 'flatMap', function (each, self) { return this.map(each, self).flat(); });

  for (const name of ['includes', 'indexOf', 'lastIndexOf', 'replace', 'replaceAll', 'split']) {
    const native = String.prototype[name];
    replace(String.prototype, name, function (sought, ...given) {
      if (typeof sought === 'string' && sought.length * String(this).length > MOST_COMPARED) {
        throw new RangeError('too long a search');
      }
      return apply(native, this, [sought, ...given]);
    });
  }
  const raw = String.raw;
  replace(String, 'raw', function (strings, ...given) {
    checked(strings && strings.raw);
    return apply(raw, String, [strings, ...given]);
  });
  const nativeApply = Function.prototype.apply;
  replace(Function.prototype, 'apply', function (self, given) { return apply(nativeApply, this, [self, checked(given)]); });
  for (const name of ['apply', 'construct']) {
    const native = Reflect[name];
    replace(Reflect, name, (target, second, ...rest) => {
      checked(name === 'apply' ? rest[0] : second);
      return native(target, second, ...rest);
    });
  }
  const from = Array.from;
  replace(Array, 'from', function (list, ...given) { return apply(from, this, [checked(list), ...given]); });

  // a literal such as 9n, wherever the text of a script comes from
  function plain(source) {
    if (test(BIGINT, source)) throw new SyntaxError('BigInt is not available');
    return source;
  }
  replace(globalThis, 'eval', (source) => (typeof source === 'string' ? evaluate(plain(source)) : source));
  function Compiled(...parts) { return new Native(...parts.map((part) => plain(String(part)))); }
  Compiled.prototype = Native.prototype;
  replace(Native.prototype, 'constructor', Compiled);
  replace(globalThis, 'Function', Compiled);
  for (const kind of [async function () {}, function* () {}, async function* () {}]) {
    replace(getPrototypeOf(kind), 'constructor', Compiled);
  }

  const removed = [
    'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Atomics', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Int8Array',
    'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float16Array',
    'Float32Array', 'Float64Array', 'WeakRef', 'FinalizationRegistry', 'performance', 'queueMicrotask', 'DOMException',
    'Iterator', 'DisposableStack', 'AsyncDisposableStack',
  ];
  for (const name of removed) delete globalThis[name];
})();
