/*
 * Comma separated values (RFC 4180), read as Go's encoding/csv does: a field in quotes
 * may hold separators, newlines and doubled quotes; a quote elsewhere is a fault; empty
 * lines are passed over; CRLF counts as a newline.
 */
#ifndef PROCESS_CSV_TEXT_H
#define PROCESS_CSV_TEXT_H

#include "base/buf.h"
#include "event/batch.h"

struct csv {
    const char *at, *end;
    struct weir_str separator; /* one character, 1 to 4 bytes */
    bool trim;                 /* white space before a field is left out */
};

enum csv_result {
    CSV_FIELD, /* and there is another one in the record */
    CSV_LAST,  /* the record's last */
    CSV_BAD,   /* a quote where none may be, or one that is never closed */
};

/* Whether `text` is one character that can separate fields. */
bool csv_is_separator(struct weir_str text);

/* Goes to the next record. False: there is none. */
bool csv_next_record(struct csv *csv);
/* The next field of the record: a slice, or text in the arena. */
enum csv_result csv_take_field(struct csv *csv, struct arena *arena, struct weir_str *ret_field);

/* Writes a field as it has to be written, with quotes where they are needed. */
void csv_put_field(struct buf *to, struct weir_str separator, struct weir_str field);

#endif
