#include "flow/flow_impl.h"

void key_machine_prefix(struct key *key, uint16_t partition, struct ns ns)
{
    key_begin(key, KEY_FLOW, partition, 'm');
    key_text(key, ns.account);
    key_text(key, ns.region);
}

void key_machine(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_machine_prefix(key, partition, ns);
    key_bytes(key, name);
}

void key_of_machine(struct key *key, uint16_t partition, char kind, uint64_t machine_id)
{
    key_begin(key, KEY_FLOW, partition, kind);
    key_u64(key, machine_id);
}

void key_revision(struct key *key, uint16_t partition, uint64_t machine_id, uint32_t revision)
{
    key_of_machine(key, partition, 'r', machine_id);
    key_u32(key, revision);
}

void key_name(struct key *key, uint16_t partition, uint64_t machine_id, struct str name)
{
    key_of_machine(key, partition, 'n', machine_id);
    key_bytes(key, name);
}

void key_execution(struct key *key, uint16_t partition, char kind, const struct execution_ref *ref)
{
    key_of_machine(key, partition, kind, ref->machine_id);
    key_time_down(key, ref->start_ms);
    key_u64(key, ref->nonce);
}

void key_chunk(struct key *key, uint16_t partition, const struct execution_ref *ref, uint32_t first_id)
{
    key_execution(key, partition, 'h', ref);
    key_u32(key, first_id);
}

void key_branch(struct key *key, uint16_t partition, char kind, const struct execution_ref *ref,
                uint32_t branch)
{
    key_execution(key, partition, kind, ref);
    key_u32(key, branch);
}

void key_variable(struct key *key, uint16_t partition, const struct execution_ref *ref, uint32_t branch,
                  struct str name)
{
    key_branch(key, partition, 'v', ref, branch);
    key_bytes(key, name);
}

bool key_execution_read(struct str key, struct execution_ref *ret)
{
    key = str_from_offset(key, KEY_HEAD_BYTES);
    return key_read_u64(&key, &ret->machine_id) && key_read_time_down(&key, &ret->start_ms) &&
           key_read_u64(&key, &ret->nonce);
}

/* ---- records ---- */

enum { MACHINE_VERSION = 2, REVISION_VERSION = 2 };

void machine_record_write(struct buf *out, const struct machine_record *record)
{
    pack_u8(out, MACHINE_VERSION);
    pack_u64(out, record->id);
    pack_u64(out, record->revision);
    pack_u64(out, record->version_last);
    pack_u8(out, record->deleting);
    pack_u8(out, record->express);
    pack_i64(out, record->created_ms);
}

bool machine_record_read(struct str bytes, struct machine_record *ret)
{
    struct unpack in = unpack_of(bytes);
    bool known = unpack_u8(&in) == MACHINE_VERSION;
    ret->id = unpack_u64(&in);
    ret->revision = unpack_u32(&in);
    ret->version_last = unpack_u32(&in);
    ret->deleting = unpack_u8(&in) != 0;
    ret->express = unpack_u8(&in) != 0;
    ret->created_ms = unpack_i64(&in);
    return known && unpack_done(&in);
}

void revision_record_write(struct buf *out, const struct revision_record *record)
{
    pack_u8(out, REVISION_VERSION);
    pack_str(out, record->account);
    pack_str(out, record->region);
    pack_str(out, record->name);
    pack_str(out, record->role_arn);
    pack_str(out, record->logging);
    pack_str(out, record->revision_id);
    pack_u8(out, record->tracing);
    pack_u8(out, record->express);
    pack_i64(out, record->updated_ms);
    pack_str(out, record->definition);
}

bool revision_record_read(struct str bytes, struct revision_record *ret)
{
    struct unpack in = unpack_of(bytes);
    bool known = unpack_u8(&in) == REVISION_VERSION;
    ret->account = unpack_str(&in);
    ret->region = unpack_str(&in);
    ret->name = unpack_str(&in);
    ret->role_arn = unpack_str(&in);
    ret->logging = unpack_str(&in);
    ret->revision_id = unpack_str(&in);
    ret->tracing = unpack_u8(&in) != 0;
    ret->express = unpack_u8(&in) != 0;
    ret->updated_ms = unpack_i64(&in);
    ret->definition = unpack_str(&in);
    return known && unpack_done(&in);
}
