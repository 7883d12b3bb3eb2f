/*
 * Options of a flusher that say what its lane does, as upstream's flushers have them (Retry,
 * QueueCapacity): rows that are replaced by "delivery.X". What they say goes into the
 * entry's delivery object, unless X stands there. [control]
 *
 *   type           replaced by                   means
 *   UINT           delivery.RetryMaxAttempts     so many retries after the first attempt
 *   BOOL           delivery.RetryMaxAttempts     false: one attempt
 *   DURATION       delivery.RetryInitialDelay    the same
 *   DURATION       delivery.RetryMaxDelay        the same
 *   INT, UINT      delivery.QueueMaxGroups       the same; none if it is not positive
 *   BOOL           delivery.WhenFull             true: drop_newest
 *
 * A row needs a `present_offset`: only what is written counts.
 */
#ifndef CONFIG_DELIVERY_ALIAS_H
#define CONFIG_DELIVERY_ALIAS_H

#include "config/document.h"
#include "config/options.h"
#include "config/pipeline_config.h"

/* Whether the row is one of these. */
bool delivery_alias(const struct weir_option *row);

/* `values` are the flusher's options, `node` the delivery object or NULL. */
void delivery_alias_apply(const struct config_class *class, const void *values,
    const struct json_node *node, struct delivery_config *config);

#endif
