// Packs what Vite built into one file, which the server holds and answers from (src/console/console_pack.h draws it):
// each file as brotli and as gzip; what is small or does not get smaller, as it is too.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const PLAIN_BYTES_MAX = 2048;
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".json": "application/json",
};

function filesOf(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    });
}

function brotli(data) {
  return brotliCompressSync(data, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
  });
}

const [folder = "dist", output = "console.pack", bytesMax = "1572864"] = process.argv.slice(2);
const lines = [];
const blobs = [];
for (const path of filesOf(folder)) {
  const name = "/" + relative(folder, path).split(sep).join("/");
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: no media type is known for such a file`);
  if (/\s/.test(name)) throw new Error(`${path}: white space in a name`);
  const data = readFileSync(path);
  const packed = [brotli(data), gzipSync(data, { level: 9 })].map((blob) => (blob.length < data.length ? blob : Buffer.alloc(0)));
  const plain = data.length <= PLAIN_BYTES_MAX || packed.some((blob) => blob.length === 0) ? data : Buffer.alloc(0);
  const digest = createHash("sha256").update(data).digest("hex").slice(0, 20);
  const hashed = name.startsWith("/assets/");
  lines.push([name, hashed ? "hashed" : "named", digest, plain.length, packed[0].length, packed[1].length, type].join(" "));
  blobs.push(plain, ...packed);
}
const pack = Buffer.concat([Buffer.from(`crema console 1\n${lines.join("\n")}\n\n`), ...blobs]);
if (pack.length > Number(bytesMax)) throw new Error(`the console has ${pack.length} bytes packed; it may have ${bytesMax}`);
writeFileSync(output, pack);
console.log(`console: ${lines.length} files, ${pack.length} bytes packed`);
