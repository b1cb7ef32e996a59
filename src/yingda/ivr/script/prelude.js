// What a context needs besides ECMAScript: scopes, values in and out as JSON, grammar tags, and the DOM of <data>.
// Python holds the functions returned here; scripts never see them. Scopes are plain objects, searched with `with`.
(function () {
  'use strict';
  const { stringify, parse } = JSON;
  const { create, keys, getOwnPropertyNames, defineProperty, prototype } = Object;
  const own = Function.prototype.call.bind(prototype.hasOwnProperty);
  const Compile = Function;
  const evaluate = globalThis.eval;
  const compiled = new Map();
  const scopes = new Map();
  const NODES = new Map();

  // check: an expression must be whole and alone, with nothing that closes the brackets put around it.
  function code(chain, body, check) {
    const key = chain.length + body;
    let found = compiled.get(key);
    if (!found) {
      new Compile(check);
      const names = chain.map((_, depth) => '$\u200c' + depth);
      const opened = names.map((name) => `with(${name})`).join('');
      found = new Compile(...names, `${opened}{${body}\n}`);
      compiled.set(key, found);
    }
    return found(...chain.map((name) => scopes.get(name)));
  }

  function expression(chain, source) {
    return code(chain, `return (${source}\n)`, `return (${source}\n)`);
  }

  function out(value) {
    if (value === undefined) return undefined;
    if (typeof value === 'function') return '"function"';
    if (typeof value === 'bigint') return stringify(String(value));
    if (value instanceof Node) return stringify(value.textContent);
    return stringify(value);
  }

  function holder(chain, target) {
    for (let index = chain.length - 1; index >= 0; index -= 1) {
      if (own(scopes.get(chain[index]), target)) return scopes.get(chain[index]);
    }
    return undefined;
  }

  // The names a script declares with var and function: compiled, not run, they become properties of the global object.
  function declared(source) {
    const before = new Set(getOwnPropertyNames(globalThis));
    evaluate(`if(0){${source}\n}`);
    const names = getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
    for (const name of names) delete globalThis[name];
    return names;
  }

  class Node {
    constructor(raw, parent, document) {
      defineProperty(this, 'raw', { value: raw });
      this.parentNode = parent;
      this.ownerDocument = document;
      this.nodeType = raw.type;
      this.nodeName = raw.name;
      this.localName = raw.local;
      this.namespaceURI = raw.namespace;
      this.prefix = null;
      this.childNodes = listed((raw.children || []).map((child) => new Node(child, this, document || this)));
      this.attributes = raw.attributes ? attributes(this, raw.attributes) : null;
    }
    get nodeValue() { return this.raw.value === undefined ? null : this.raw.value; }
    get data() { return this.nodeValue; }
    get length() { return (this.nodeValue || '').length; }
    get tagName() { return this.raw.name; }
    get documentElement() { return this.childNodes.find((child) => child.nodeType === 1); }
    get firstChild() { return this.childNodes[0] || null; }
    get lastChild() { return this.childNodes[this.childNodes.length - 1] || null; }
    get nextSibling() { return this.sibling(1); }
    get previousSibling() { return this.sibling(-1); }
    get textContent() {
      if (this.raw.value !== undefined) return this.raw.value;
      return this.childNodes.filter((child) => child.nodeType !== 8).map((child) => child.textContent).join('');
    }
    sibling(step) {
      if (!this.parentNode) return null;
      return this.parentNode.childNodes[this.parentNode.childNodes.indexOf(this) + step] || null;
    }
    hasChildNodes() { return this.childNodes.length > 0; }
    substringData(offset, count) {
      if (offset < 0 || offset > this.length || count < 0) throw new RangeError('beyond the text');
      return this.nodeValue.substr(offset, count);
    }
    hasAttributes() { return this.attributes !== null && this.attributes.length > 0; }
    hasAttribute(name) { return this.getAttributeNode(name) !== null; }
    hasAttributeNS(space, name) { return this.getAttributeNodeNS(space, name) !== null; }
    getAttribute(name) { return valued(this.getAttributeNode(name)); }
    getAttributeNS(space, name) { return valued(this.getAttributeNodeNS(space, name)); }
    getAttributeNode(name) { return this.attributes && this.attributes.getNamedItem(name); }
    getAttributeNodeNS(space, name) { return this.attributes && this.attributes.getNamedItemNS(space, name); }
    getElementsByTagName(name) { return this.below((node) => name === '*' || node.nodeName === name); }
    getElementsByTagNameNS(space, name) {
      return this.below((node) => (space === '*' || node.namespaceURI === space) && (name === '*' || node.localName === name));
    }
    getElementById(id) { return this.below((node) => node.getAttribute('id') === id)[0] || null; }
    below(fits) {
      const found = [];
      for (const child of this.childNodes) {
        if (child.nodeType === 1 && fits(child)) found.push(child);
        found.push(...child.below(fits));
      }
      return listed(found);
    }
  }

  class Attribute extends Node {
    constructor(owner, raw) {
      super(raw, null, owner.ownerDocument);
      this.name = raw.name;
      this.value = raw.value;
      this.specified = true;
      this.ownerElement = owner;
    }
  }

  // A list as scripts read it, by index and with item(); it cannot be changed.
  function listed(nodes) {
    defineProperty(nodes, 'item', { value: (index) => nodes[index] || null });
    return Object.freeze(nodes);
  }

  function valued(attribute) { return attribute ? attribute.value : ''; }

  function attributes(owner, raw) {
    const nodes = keys(raw).map((key) => {
      const [, namespace, local] = /^(?:\{(.*)\})?(?:xml:)?(.*)$/.exec(key);
      const space = key.startsWith('xml:') ? 'http://www.w3.org/XML/1998/namespace' : namespace || null;
      return new Attribute(owner, { type: 2, name: namespace ? local : key, local, namespace: space, value: raw[key] });
    });
    const first = (fits) => nodes.find(fits) || null;
    defineProperty(nodes, 'getNamedItem', { value: (name) => first((node) => node.name === name) });
    const inSpace = (space, name) => first((node) => node.namespaceURI === (space || null) && node.localName === name);
    defineProperty(nodes, 'getNamedItemNS', { value: inSpace });
    return listed(nodes);
  }

  const api = {
    open(name, alias, chain) {
      const scope = create(prototype);
      scopes.set(name, scope);
      if (alias) defineProperty(scope, alias, { value: scope, configurable: true });
    },
    alias(name, alias, target) {
      defineProperty(scopes.get(name), alias, { value: scopes.get(target), configurable: true });
    },
    close(name) { scopes.delete(name); },
    value(chain, source) { return out(expression(parse(chain), source)); },
    truth(chain, source) { return Boolean(expression(parse(chain), source)); },
    text(chain, source) {
      const value = expression(parse(chain), source);
      return value instanceof Node ? value.textContent : String(value);
    },
    // without an expression a variable that is there already keeps its value
    declare(scope, name, chain, source) {
      const here = scopes.get(scope);
      if (source !== undefined) here[name] = expression(parse(chain), source);
      else if (!own(here, name)) here[name] = undefined;
    },
    assign(chain, target, source) {
      const names = parse(chain);
      const path = target.split(/[.[]/, 2);
      const found = holder(names, path[0]);
      if (!found) throw new ReferenceError(`${path[0]} is not declared`);
      const named = /^[^.[]+\.([^.[]+)/.exec(target);
      const isScope = named && names.some((name) => scopes.get(name) === found[path[0]]);
      if (isScope && !own(found[path[0]], named[1])) throw new ReferenceError(`${target} is not declared`);
      const value = expression(names, source);
      if (path.length === 1) { holder(names, target)[target] = value; return; }
      code(names, `return function (v) { ${target} = v }`, `return ${target}`)(value);
    },
    put(scope, name, json) { scopes.get(scope)[name] = json === undefined ? undefined : parse(json); },
    get(scope, name) { return out(scopes.get(scope)[name]); },
    isUndefined(scope, name) { return scopes.get(scope)[name] === undefined; },
    run(scope, chain, source) {
      const names = declared(source);
      const here = scopes.get(scope);
      for (const name of names) if (!own(here, name)) here[name] = undefined;
      const lift = names.map((name) => `if(typeof ${name}=='function')$\u200chere["${name}"]=${name};`).join('');
      defineProperty(here, '$\u200chere', { value: here, configurable: true });
      code(parse(chain), `${lift}${source}`, source);
    },
    size(chain, source) {
      const value = expression(parse(chain), source);
      if (!Array.isArray(value)) throw new TypeError('foreach needs an array');
      return value.length;
    },
    snapshot(scope, name, chain, source) { scopes.get(scope)[name] = expression(parse(chain), source).slice(); },
    element(from, name, index, scope, item) { scopes.get(scope)[item] = scopes.get(from)[name][index]; },
    lastResult(scope, json) {
      const results = parse(json);
      Object.assign(results, results[0]);
      scopes.get(scope)['lastresult$'] = results;
    },
    dom(scope, name, json) {
      scopes.get(scope)[name] = new Node({ type: 9, name: '#document', children: [parse(json)] }, null, null);
    },
    // SISR 1.0: each rule's tags see out, rules and meta; a rule without tags means its only rule, or its words.
    interpret(json, heads) {
      const shared = parse(heads);
      return out(meaning(parse(json), shared).out);
    },
  };

  function meaning(match, heads) {
    const rules = { };
    let latest;
    let last = { text: '', score: 1 };
    const words = { text: match.text, score: 1 };
    defineProperty(rules, 'latest', { value: () => latest });
    const meta = { current: () => words, latest: () => last };
    const state = { out: match.tags ? {} : undefined, rules, meta };
    let next = 0;
    // what was passed before the next script
    function pass() {
      while (next < match.parts.length) {
        const part = match.parts[next];
        next += 1;
        if (typeof part === 'string') continue;
        if (part.literal) { state.out = part.tag; continue; }
        if (part.tag !== undefined) return;
        const inner = meaning(part, heads);
        rules[part.rule] = inner.out;
        meta[part.rule] = { text: part.text, score: 1 };
        latest = inner.out;
        last = meta[part.rule];
      }
    }
    // one function for all scripts of a rule: what one declares with var, those after it see
    const scripts = match.parts.filter((part) => part.tag !== undefined && !part.literal).map((part) => part.tag);
    if (scripts.length) {
      new Set(scripts).forEach((script) => new Compile(script));
      const body = [...heads, '', ...scripts].map((script, at) => `${script}\n;${at < heads.length ? '' : '$\u200cpass();'}`);
      new Compile('state', '$\u200cpass', `with(state){${body.join('')}}`)(state, pass);
    } else {
      pass();
    }
    if (!match.tags) state.out = match.parts.length === 1 && typeof match.parts[0] === 'object' ? latest : match.text;
    return state;
  }

  return (name) => api[name];
})();
