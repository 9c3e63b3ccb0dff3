#!/usr/bin/env python3
"""Writes the operation table of Crema from ops/<service>.json and the public service models, and the outputs of
other services' operations that TestState holds mocks against, from ops/mocks.json.

    generate.py [--models DIR]   writes src/api/operations*.[ch] and docs/reference/coverage.md
    generate.py --check          says whether they differ from what it would write (exit 1), or that no
                                 models of the recorded version are at hand (exit 77)
    generate.py --unicode        writes src/base/regex_unicode.c from Python's Unicode tables

A listed operation needs its handler first: void op_<service>_<snake_name>(struct op_call *call), and
..._prepare where "prepare" is set, in api_<service>.c or api_<service>_*.c (of dynamodb: api_tables).

DIR is laid out like botocore's data folder: <model>/<api version>/service-2.json[.gz]. Without --models the
newest botocore that can be found is taken. Only the standard library is needed.
"""
import argparse
import glob
import gzip
import json
import os
import re
import site
import sys
import unicodedata

OPS = os.path.dirname(os.path.abspath(__file__))
API = os.path.dirname(OPS)
TOP = os.path.dirname(os.path.dirname(API))
SERVICES = ['crema', 'dynamodb', 'events', 'logs', 'monitoring', 'states', 'sts']
HANDLER_FILES = {'dynamodb': 'api_tables.c'}
TYPES = {'structure': 'SHAPE_STRUCTURE', 'list': 'SHAPE_LIST', 'map': 'SHAPE_MAP', 'string': 'SHAPE_STRING',
         'integer': 'SHAPE_INTEGER', 'long': 'SHAPE_LONG', 'float': 'SHAPE_FLOAT', 'double': 'SHAPE_DOUBLE',
         'boolean': 'SHAPE_BOOLEAN', 'timestamp': 'SHAPE_TIMESTAMP', 'blob': 'SHAPE_BLOB'}
UNICODE_CLASSES = ['L', 'Z', 'N']
KNOWN_PROPERTIES = set(UNICODE_CLASSES) | {'ASCII', 'Print'}


class Stop(Exception):
    pass


# ---- models ----

def model_folders():
    """botocore data folders at hand, as (version, folder), newest first."""
    roots = list(sys.path) + site.getsitepackages() + [site.getusersitepackages()]
    roots += glob.glob('/usr/lib/python3*/dist-packages') + glob.glob('/usr/local/lib/python3*/*-packages')
    roots += glob.glob(os.path.expanduser('~/.pyenv/versions/*/lib/python3*/site-packages'))
    roots += glob.glob(os.path.expanduser('~/.local/lib/python3*/site-packages'))
    found = {}
    for root in roots:
        head = os.path.join(root, 'botocore', '__init__.py')
        data = os.path.join(root, 'botocore', 'data')
        if os.path.isfile(head) and os.path.isdir(data):
            with open(head, encoding='utf-8') as file:
                match = re.search(r"^__version__ = '([0-9.]+)'", file.read(), re.M)
            if match:
                found[data] = match.group(1)
    return sorted(((version, data) for data, version in found.items()),
                  key=lambda pair: [int(part) for part in pair[0].split('.')], reverse=True)


def load_model(folder, name):
    own = os.path.join(OPS, 'models')  # of Crema's own operations, laid out like the public ones
    if os.path.isdir(os.path.join(own, name)):
        folder = own
    versions = sorted(os.listdir(os.path.join(folder, name)), reverse=True)
    for version in versions:
        path = os.path.join(folder, name, version, 'service-2.json')
        if os.path.isfile(path):
            with open(path, encoding='utf-8') as file:
                return json.load(file)
        if os.path.isfile(path + '.gz'):
            with gzip.open(path + '.gz', 'rt', encoding='utf-8') as file:
                return json.load(file)
    raise Stop(f'no model of {name} in {folder}')


# ---- small things ----

def snake(name):
    name = re.sub(r'(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name).lower()


def c_text(text):
    out = []
    for byte in text.encode('utf-8'):
        char = chr(byte)
        if char in '"\\':
            out.append('\\' + char)
        elif 32 <= byte < 127 and char != '?':
            out.append(char)
        elif char == '?':
            out.append('\\?')
        else:
            out.append('\\%03o' % byte)
    return '"' + ''.join(out) + '"'


def c_str(text):
    return '{ %s, %d }' % (c_text(text), len(text.encode('utf-8')))


def lower_camel(name):
    """ID -> id, DBName -> dBName: the services make the first letter small and no other."""
    return name[:1].lower() + name[1:]


def pattern_refusal(pattern):
    """Why base/regex.c cannot hold a text against this pattern; None when it can."""
    body = pattern[1:] if pattern.startswith('^') else pattern
    at = 0
    while body.startswith(('(?=', '(?!')):  # a leading look-ahead is a second expression
        depth, end, in_class = 0, 0, False
        for end, char in enumerate(body):
            if body[end - 1:end] == '\\':
                continue
            if char == '[':
                in_class = True
            elif char == ']':
                in_class = False
            elif char == '(' and not in_class:
                depth += 1
            elif char == ')' and not in_class:
                depth -= 1
                if depth == 0:
                    break
        body = body[end + 1:]
    while at < len(body):
        if body[at] == '\\':
            following = body[at + 1:at + 2]
            if following == 'p' or following == 'P':
                match = re.match(r'\{(\w+)\}', body[at + 2:])
                if not match or match.group(1) not in KNOWN_PROPERTIES:
                    return 'a property it does not know'
            elif following == 'u':
                code = int(body[at + 2:at + 6], 16)
                if 0xD800 <= code <= 0xDFFF:
                    return 'surrogates'
                at += 4
            elif following.isdigit() or following in 'bBAzZGkQE':
                return 'escape \\' + following
            at += 2
            continue
        if body.startswith('(?', at) and not body.startswith('(?:', at):
            return 'a look-around or group of a special kind'
        if body.startswith('&&', at):
            return 'an intersection of classes'
        at += 1
    return None


# ---- generation ----

class Generator:
    def __init__(self, folder, version):
        self.folder, self.version = folder, version
        self.patterns = []
        self.unchecked = []  # (service, shape, pattern, why)
        self.files = {}
        self.handlers = []  # (service, declaration)
        self.rows = {}  # service -> [(name, entry or None)]
        self.reasons = {}  # service -> {name: why it is not there}
        self.services = []
        self.spoken = {}  # service -> protocols
        self.others = []  # what services that speak JSON and other protocols are in the latter

    def head(self, what):
        return (f'/* {what}\n *\n'
                ' * Generated by ops/generate.py from the lists in ops/ and the service models of botocore '
                f'{self.version}. Do not edit.\n */\n/* clang-format off */\n')

    def run(self):
        for service in SERVICES:
            with open(os.path.join(OPS, service + '.json'), encoding='utf-8') as file:
                listed = json.load(file)
            self.service(listed, load_model(self.folder, listed['model']))
        self.write_mocks()
        self.write_header()
        self.write_table()
        self.check_handlers()
        self.write_coverage()
        return self.files

    def pattern_number(self, service, shape_name, pattern):
        why = pattern_refusal(pattern)
        if why:
            self.unchecked.append((service, shape_name, pattern, why))
            return 0
        if pattern not in self.patterns:
            self.patterns.append(pattern)
        return self.patterns.index(pattern) + 1

    def service(self, listed, model):
        service = listed['service']
        entries = {entry['name']: entry for entry in listed['operations']}
        if len(entries) != len(listed['operations']):
            raise Stop(f'{service}.json names an operation twice')
        for name, entry in entries.items():
            if name not in model['operations']:
                raise Stop(f'{service}.json: the model has no operation {name}')
            unknown = set(entry) - {'name', 'kind', 'prepare', 'stream', 'since', 'body_bytes_max', 'refuses'}
            if unknown or entry['kind'] not in ('read', 'scan', 'write') or 'since' not in entry:
                raise Stop(f'{service}.json: {name}: {unknown or "kind and since are needed"}')
        self.reasons[service] = {name: why for why, names in listed.get('refused', {}).items() for name in names}
        for name in self.reasons[service]:
            if name not in model['operations'] or name in entries:
                raise Stop(f'{service}.json: refused: {name} is no operation that Crema lacks')
        shapes = ShapeWriter(self, service, listed, model)
        rows = []
        for name in sorted(model['operations']):
            operation = model['operations'][name]
            entry = entries.get(name)
            self.rows.setdefault(service, []).append((name, entry))
            if not entry:
                rows.append(f'    {{ .service = "{service}", .name = "{name}", .kind = OP_REFUSED }},')
                continue
            handler = f'op_{service}_{snake(name)}'
            self.handlers.append((service, handler))
            row = f'    {{ .service = "{service}", .name = "{name}", .kind = OP_{entry["kind"].upper()},\n      '
            if entry.get('prepare'):
                self.handlers.append((service, handler + '_prepare'))
                row += f'.prepare = {handler}_prepare, '
            row += f'.run = {handler},\n      .input = {shapes.use_of(operation.get("input"))}, '
            row += f'.output = {shapes.use_of(operation.get("output"))},\n      '
            row += '.streams = true, ' if entry.get('stream') else ''
            row += f'.body_bytes_max = {entry.get("body_bytes_max", listed["body_bytes_max"])}, '
            row += f'.since = "{entry["since"]}" }},'
            rows.append(row)
        for kind in ('enum_order', 'member_order', 'unlisted_members'):
            for name in listed.get(kind, {}):
                if name not in shapes.order:
                    raise Stop(f'{service}.json: {kind}: no shape {name} in use')
        text = self.head(f'operations_{service}.c - operations of {model["metadata"]["serviceFullName"]} and their '
                         'shapes.')
        text += '#include "api/api_shape.h"\n#include "api/operations.h"\n\n'
        text += shapes.text() + '\n'
        text += f'const struct operation operations_{service}[] = {{\n' + '\n'.join(rows) + '\n};\n'
        self.files[f'src/api/operations_{service}.c'] = text
        meta = model['metadata']
        protocol = 'PROTOCOL_QUERY' if meta['protocol'] == 'query' else 'PROTOCOL_JSON'
        operations = (f'    .operations = operations_{service}, .operation_count = {len(rows)}', '\n};\n\n')
        others, spoken = '', meta.get('protocols', [])
        self.spoken[service] = ['query' if protocol == 'PROTOCOL_QUERY' else 'JSON ' + meta['jsonVersion']]
        if protocol == 'PROTOCOL_JSON' and 'query' in spoken:
            self.spoken[service].append('query')
            others += f', .as_query = &{service}_as_query'
            self.others.append(
                f'static const struct service {service}_as_query = {{\n    .name = "{service}", .protocol = '
                f'PROTOCOL_QUERY, .api_version = {c_str(meta["apiVersion"])},\n    .xml_namespace = '
                f'{c_str(meta["xmlNamespace"])}, .body_bytes_max = {listed["body_bytes_max"]},\n'
                + ''.join(operations))
        if protocol == 'PROTOCOL_JSON' and 'smithy-rpc-v2-cbor' in spoken:
            self.spoken[service].append('CBOR (Smithy RPC v2)')
            self.others.append(
                f'static const struct service {service}_as_cbor = {{\n    .name = "{service}", .protocol = '
                f'PROTOCOL_CBOR, .target_prefix = {c_str(meta["targetPrefix"])},\n    .error_space = '
                f'{c_str("com.amazonaws." + listed["model"] + "#")}, .body_bytes_max = {listed["body_bytes_max"]},\n'
                + operations[0] + others + operations[1])
            others += f', .as_cbor = &{service}_as_cbor'
        self.services.append(
            f'    {{ .name = "{service}", .protocol = {protocol}, .target_prefix = '
            f'{c_str(meta.get("targetPrefix", ""))},\n'
            f'      .json_version = {c_str(meta.get("jsonVersion", ""))}, .api_version = {c_str(meta["apiVersion"])},\n'
            f'      .xml_namespace = {c_str(meta.get("xmlNamespace", ""))}, .body_bytes_max = '
            f'{listed["body_bytes_max"]},\n'
            f'      .operations = operations_{service}, .operation_count = {len(rows)}{others} }},')

    def write_mocks(self):
        with open(os.path.join(OPS, 'mocks.json'), encoding='utf-8') as file:
            listed = json.load(file)
        text = self.head('mocks.c - outputs of operations that Crema does not have, for mocks of their tasks.')
        text += '#include "api/api_mock.h"\n\n'
        services = ''
        for service, names in listed.items():
            model = load_model(self.folder, service)
            shapes = ShapeWriter(self, service, {}, model, prefix=service + '_', wire=False)
            rows = ''
            for name in names:
                operation = model['operations'].get(name[:1].upper() + name[1:])
                if not operation:
                    raise Stop(f'mocks.json: {service} has no operation {name}')
                rows += f'    {{ "{name}", {shapes.use_of(operation.get("output"))} }},\n'
            text += shapes.text() + f'\nstatic const struct mock_operation mocks_{service}[] = {{\n{rows}}};\n\n'
            services += f'    {{ "{service}", mocks_{service}, {len(names)} }},\n'
        text += f'const struct mock_service mock_services[] = {{\n{services}}};\n\n'
        text += f'const size_t mock_services_count = {len(listed)};\n'
        self.files['src/api/mocks.c'] = text

    def write_header(self):
        text = self.head('operations.h - handlers of all operations that Crema has, and the tables of them.')
        text += '#ifndef API_OPERATIONS_H\n#define API_OPERATIONS_H\n\n#include "api/service.h"\n\n'
        text += f'#define OPERATIONS_MODELS_VERSION "{self.version}"\n\n'
        last = None
        for service, handler in self.handlers:
            if service != last:
                handlers = HANDLER_FILES.get(service, "api_" + service + ".c")
                text += ('' if last is None else '\n') + f'/* {service}: {handlers} */\n'
                last = service
            text += f'void {handler}(struct op_call *call);\n'
        text += '\n'
        for service in SERVICES:
            text += f'extern const struct operation operations_{service}[];\n'
        text += '\n#endif\n'
        self.files['src/api/operations.h'] = text

    def write_table(self):
        text = self.head('operations.c - the services, and the patterns that their shapes use.')
        text += '#include "api/api_shape.h"\n#include "api/operations.h"\n\n'
        text += ''.join(self.others)
        text += 'const struct service services[] = {\n' + '\n'.join(self.services) + '\n};\n\n'
        text += f'const size_t services_count = {len(self.services)};\n\n'
        text += 'const struct str shape_patterns[] = {\n'
        text += ''.join(f'    {c_str(pattern)},\n' for pattern in self.patterns)
        text += f'}};\n\nconst size_t shape_patterns_count = {len(self.patterns)};\n'
        self.files['src/api/operations.c'] = text

    def check_handlers(self):
        missing = []
        for service, handler in self.handlers:
            stem = os.path.splitext(HANDLER_FILES.get(service, f'api_{service}.c'))[0]
            source = ''
            for path in [os.path.join(API, stem + '.c')] + sorted(glob.glob(os.path.join(API, stem + '_*.c'))):
                if os.path.isfile(path):
                    with open(path, encoding='utf-8') as file:
                        source += file.read()
            if not re.search(r'^void ' + handler + r'\(', source, re.M):
                missing.append(f'{handler} in {stem}.c or {stem}_*.c')
        if missing:
            raise Stop('no handler: ' + ', '.join(missing))

    def write_coverage(self):
        text = ('# Operations\n\nWhat Crema has of each service. An operation that it does not have is refused by its '
                'name with `UnknownOperationException`;\n'
                'no request is answered as if it had been carried out when it was not. After "refuses" stands what an '
                'operation does not take yet.\n\n'
                'This page is generated by `src/api/ops/generate.py`; the lists of operations are those of the public '
                f'service models (botocore {self.version}).\n\n'
                '| service | protocols | has | of |\n|---|---|---:|---:|\n')
        for service, rows in self.rows.items():
            has = sum(1 for _, entry in rows if entry)
            text += f'| [{service}](#{service}) | {", ".join(self.spoken[service])} | {has} | {len(rows)} |\n'
        for service, rows in self.rows.items():
            text += f'\n## {service}\n\n| operation | Crema | since |\n|---|---|---|\n'
            for name, entry in rows:
                shown = "stream" if entry and entry.get("stream") else (
                    {"scan": "read"}.get(entry["kind"], entry["kind"]) if entry else None)
                has, since = ("has, " + shown, entry["since"]) if entry else ("refused by name", "")
                if entry and 'refuses' in entry:
                    has += '; refuses ' + ', '.join(entry['refuses'])
                if not entry and name in self.reasons.get(service, {}):
                    has += ": " + self.reasons[service][name]
                text += f'| {name} | {has} | {since} |\n'
        text += '\n## Constraints that are not checked\n\n'
        if self.unchecked:
            text += 'Patterns of the models that the expression matcher does not cover:\n\n'
            text += '| service | shape | pattern | why |\n|---|---|---|---|\n'
            for service, shape, pattern, why in self.unchecked:
                text += f'| {service} | {shape} | `{pattern.replace("|", chr(92) + "|")}` | {why} |\n'
        else:
            text += ('None: every type, required member, length, range, pattern and set of values in the models above '
                     'is checked.\n')
        self.files['docs/reference/coverage.md'] = text


class ShapeWriter:
    """Shapes that listed operations use, each once, as constants of one file. wire: with what a request needs: names
    on the wire, patterns."""

    def __init__(self, generator, service, listed, model, prefix='', wire=True):
        self.generator, self.service, self.listed, self.model = generator, service, listed, model
        self.prefix, self.wire = prefix, wire
        self.order = []

    def use_of(self, reference):
        if reference is None:
            return self.reference(None)
        self.collect(reference['shape'])
        return self.reference(reference['shape'])

    def reference(self, name):
        if name is None:
            if '(empty)' not in self.order:
                self.order.append('(empty)')
            return f'&shape_{self.prefix}empty_'
        return f'&shape_{self.prefix}{name}'

    def collect(self, name):
        if name in self.order:
            return
        self.order.append(name)
        shape = self.model['shapes'][name]
        for member in shape.get('members', {}).values():
            self.collect(member['shape'])
        for part in ('member', 'key', 'value'):
            if part in shape:
                self.collect(shape[part]['shape'])

    def text(self):
        heads, bodies = '', ''
        for name in self.order:
            if name == '(empty)':
                head = f'static const struct shape shape_{self.prefix}empty_'
                bodies += head + ' = { .type = SHAPE_STRUCTURE, .name = { "", 0 } };\n'
                heads += head + ';\n'
                continue
            heads += f'static const struct shape shape_{self.prefix}{name};\n'
            bodies += self.shape(name, self.model['shapes'][name])
        return heads + '\n' + bodies

    def shape(self, name, shape):
        text, fields = '', [f'.type = {TYPES[shape["type"]]}', f'.name = {c_str(name)}']
        if shape.get('sensitive'):
            fields.append('.sensitive = true')
        limits = [flag for key, flag in (('min', 'SHAPE_HAS_MIN'), ('max', 'SHAPE_HAS_MAX')) if key in shape]
        if limits:
            fields.append('.limits = ' + ' | '.join(limits))
        for key in ('min', 'max'):
            if key in shape:
                if int(shape[key]) != shape[key]:
                    raise Stop(f'{self.service}: {name}: {key} is not whole')
                fields.append(f'.{key} = INT64_C({int(shape[key])})')
        if 'pattern' in shape and self.wire:
            number = self.generator.pattern_number(self.service, name, shape['pattern'])
            if number:
                fields.append(f'.pattern = {number}')
        if 'enum' in shape:
            values = self.listed.get('enum_order', {}).get(name, shape['enum'])
            if sorted(values) != sorted(shape['enum']):
                raise Stop(f'{self.service}.json: enum_order: {name}: not the values of the model: {shape["enum"]}')
            text += f'static const struct str values_{self.prefix}{name}[] = {{ '
            text += ', '.join(map(c_str, values)) + ' };\n'
            fields += [f'.values = values_{self.prefix}{name}', f'.value_count = {len(values)}']
        unlisted = self.listed.get('unlisted_members', {}).get(name)
        if unlisted:
            text += f'static const struct str unlisted_{name}[] = {{ ' + ', '.join(map(c_str, unlisted)) + ' };\n'
            fields += [f'.unlisted = unlisted_{name}', f'.unlisted_count = {len(unlisted)}']
        members = shape.get('members', {})
        order = self.listed.get('member_order', {}).get(name)
        if order:
            if sorted(order) != sorted(members):
                raise Stop(f'{self.service}.json: member_order: {name}: not the members of the model: {list(members)}')
            members = {member: members[member] for member in order}
        if members:
            if len(members) > 256:
                raise Stop(f'{self.service}: {name} has more members than the walker takes')
            text += f'static const struct shape_member members_{self.prefix}{name}[] = {{\n'
            for member, reference in members.items():
                wire = reference.get('locationName', member) if self.wire else member
                text += (f'    {{ {c_str(wire)}, {c_str(lower_camel(wire))}, {self.reference(reference["shape"])}, '
                         f'{"true" if member in shape.get("required", []) else "false"} }},\n')
            text += '};\n'
            fields += [f'.members = members_{self.prefix}{name}', f'.member_count = {len(members)}']
        if shape['type'] == 'list':
            fields.append(f'.item = {self.reference(shape["member"]["shape"])}')
        if shape['type'] == 'map':
            fields.append(f'.key = {self.reference(shape["key"]["shape"])}')
            fields.append(f'.item = {self.reference(shape["value"]["shape"])}')
        return text + f'static const struct shape shape_{self.prefix}{name} = {{\n    ' + ', '.join(fields) + '\n};\n'


def unicode_text():
    text = ('/* regex_unicode.c - code points of the general categories that patterns name.\n *\n'
            f' * Generated by ops/generate.py --unicode from Unicode {unicodedata.unidata_version}. Do not edit.\n */\n'
            '/* clang-format off */\n#include "base/regex.h"\n\n')
    for name in UNICODE_CLASSES:
        ranges, start = [], None
        for code in range(0x110001):
            inside = code < 0x110000 and unicodedata.category(chr(code)).startswith(name)
            if inside and start is None:
                start = code
            elif not inside and start is not None:
                ranges.append((start, code - 1))
                start = None
        text += f'const struct regex_range regex_unicode_{name.lower()}[] = {{\n'
        for i in range(0, len(ranges), 6):
            text += '    ' + ' '.join('{ 0x%X, 0x%X },' % pair for pair in ranges[i:i + 6]) + '\n'
        text += f'}};\nconst size_t regex_unicode_{name.lower()}_count = {len(ranges)};\n'
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--models', metavar='DIR')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--unicode', action='store_true')
    options = parser.parse_args()
    if options.unicode:
        with open(os.path.join(API, '..', 'base', 'regex_unicode.c'), 'w', encoding='utf-8') as file:
            file.write(unicode_text())
        return 0
    folders = model_folders()
    if options.models:
        folder = os.path.abspath(options.models)
        head = os.path.join(os.path.dirname(folder), '__init__.py')
        match = os.path.isfile(head) and re.search(r"^__version__ = '([0-9.]+)'", open(head, encoding='utf-8').read(),
                                                   re.M)
        folders = [(match.group(1) if match else os.path.basename(folder), folder)]
    if options.check:
        with open(os.path.join(API, 'operations.h'), encoding='utf-8') as file:
            recorded = re.search(r'OPERATIONS_MODELS_VERSION "([^"]+)"', file.read()).group(1)
        folders = [pair for pair in folders if pair[0] == recorded]
        if not folders:
            print(f'skipped: no service models of botocore {recorded} are at hand')
            return 77
    if not folders:
        raise Stop('no botocore is at hand: give --models DIR')
    version, folder = folders[0]
    files = Generator(folder, version).run()
    differing = 0
    for name, text in files.items():
        path = os.path.join(TOP, name)
        now = open(path, encoding='utf-8').read() if os.path.isfile(path) else None
        if now == text:
            continue
        differing += 1
        if options.check:
            print(f'{name} is not what generate.py would write')
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            print(f'wrote {name}')
    return 1 if options.check and differing else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Stop as stop:
        print(f'generate.py: {stop}', file=sys.stderr)
        sys.exit(2)
