/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/indicator.h"

#include <stddef.h>

struct words {
    const char *key;
    const char *label;
    const char *text;
};

#define WORDS(name, key, label, text) [INDICATOR_##name] = {key, label, text},
static const struct words indicators[] = {INDICATORS(WORDS)};
#undef WORDS

#define WORDS(name, key, text) [INDICATOR_ASPECT_##name] = {key, NULL, text},
static const struct words aspects[] = {INDICATOR_ASPECTS(WORDS)};
#undef WORDS

#define WORDS(name, key, text) [INDICATOR_STAGE_##name] = {key, NULL, text},
static const struct words stages[] = {INDICATOR_STAGES(WORDS)};
#undef WORDS

const char *indicator_key(enum indicator indicator)
{
    return indicators[indicator].key;
}

const char *indicator_label(enum indicator indicator)
{
    return indicators[indicator].label;
}

const char *indicator_text(enum indicator indicator)
{
    return indicators[indicator].text;
}

const char *indicator_aspect_key(enum indicator_aspect aspect)
{
    return aspects[aspect].key;
}

const char *indicator_aspect_text(enum indicator_aspect aspect)
{
    return aspects[aspect].text;
}

const char *indicator_stage_key(enum indicator_stage stage)
{
    return stages[stage].key;
}

const char *indicator_stage_text(enum indicator_stage stage)
{
    return stages[stage].text;
}

const char *indicator_profile_caveat(void)
{
    return "The thresholds between A, B, C and D were set on made-up networks, so the letter is a "
           "hint and no verdict. A network that hangs on a few hubs can still be an A: look also "
           "at the share of ties that touch the best-connected 5 % of the people.";
}
