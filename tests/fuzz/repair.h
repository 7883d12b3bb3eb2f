/* Slow and plain: what is no UTF-8 becomes U+FFFD. */
#ifndef TESTS_FUZZ_REPAIR_H
#define TESTS_FUZZ_REPAIR_H

#include <stdint.h>
#include <weir/buffer.h>

/* Bytes of the character at `text`, 0 if it is no UTF-8. */
static inline size_t character_size(const unsigned char *text, size_t size)
{
    uint32_t point;
    size_t length = text[0] < 0x80   ? 1
                    : text[0] < 0xC0 ? 0
                    : text[0] < 0xE0 ? 2
                    : text[0] < 0xF0 ? 3
                    : text[0] < 0xF8 ? 4
                                     : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (length <= 1 || length > size)
        return length > size ? 0 : length;
    point = text[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3Fu);
    }
    return point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)
               ? 0
               : length;
}

static inline void repair(struct weir_buffer *out, struct weir_str text)
{
    const unsigned char *data = (const unsigned char *)text.data;

    for (size_t i = 0; i < text.size;) {
        size_t length = character_size(data + i, text.size - i);

        if (length)
            weir_buffer_append(out, data + i, length);
        else
            weir_buffer_append_text(out, "\xEF\xBF\xBD");
        i += length ? length : 1;
    }
}

#endif
