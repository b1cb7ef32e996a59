// After the build: beside each file its packed forms, which the server hands to browsers that take them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const OUT = join(import.meta.dirname, "../src/yingda/server/static");

for (const name of readdirSync(OUT, { recursive: true }).filter((each) => /\.(js|css|svg|html)$/.test(each))) {
  const path = join(OUT, name);
  const body = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(body));
}
