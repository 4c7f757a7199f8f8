/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/window.h"

#include "server/store/limits.h"

void window_init(struct window *window, int64_t length_us)
{
    *window = (struct window){
        .length_us = length_us,
        .ended_us = INT64_MIN / 2,
        .expected = 1,
        .trial_interval = STORE_WINDOW_TRIAL_COMMITS_MIN,
        .trial_in = STORE_WINDOW_TRIAL_COMMITS_MIN,
    };
}

size_t window_begin(struct window *window, int64_t now_us)
{
    window->trial = false;
    if (window->length_us == 0)
        return 1;
    /* After a pause nobody is known to be sending. */
    if (now_us - window->ended_us > STORE_WINDOW_PAUSE_US) {
        window->expected = 1;
        return 1;
    }
    window->trial = --window->trial_in == 0;
    return window->trial ? STORE_BATCH_JOBS_MAX : window->expected;
}

static void end_trial(struct window *window, bool brought_more)
{
    uint32_t twice = 2 * window->trial_interval;
    if (brought_more)
        window->trial_interval = STORE_WINDOW_TRIAL_COMMITS_MIN;
    else if (twice <= STORE_WINDOW_TRIAL_COMMITS_MAX)
        window->trial_interval = twice;
    window->trial_in = window->trial_interval;
}

void window_end(struct window *window, size_t taken, size_t waiting, int64_t now_us)
{
    if (window->trial)
        end_trial(window, taken > window->expected);
    size_t coming = taken + waiting;
    window->expected = coming < STORE_BATCH_JOBS_MAX ? coming : STORE_BATCH_JOBS_MAX;
    window->ended_us = now_us;
}
