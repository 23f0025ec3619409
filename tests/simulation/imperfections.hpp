// What a service, the gateways before it and the clocks do beside their contract, in one world.
#pragma once

#include "runner/base/clock.hpp"
#include "tests/simulation/chance.hpp"

#include <string>

namespace darkroom::simulation {

/// The forms in which a record shows the text of a prompt.
enum class PromptForm {
    as_sent,
    trimmed,
    squeezed,   ///< Runs of white space are one blank; a line end is a blank.
    long_dash,  ///< `--` is a long dash.
    decomposed, ///< NFD.
    escaped,    ///< For HTML.
    extended,   ///< With text of the service's own behind it.
    rewritten,  ///< `--v 6` is `--v 6.0`.
};

/// The forms in which a record shows the request.
enum class RequestForm { object, text, missing };

/// The forms in which a record shows the time of its creation.
enum class TimeForm { seconds, milliseconds, microseconds, iso, empty, missing };

/// The words of a good answer about errors that it does not have.
enum class ErrorForm { absent, null, empty_text, empty_object, empty_list, no, zero_code };

/// The default is a service as the vendor's published records show it, without accidents.
struct Imperfections {
    bool further_members = true; ///< Those of the published records.
    bool defaults_filled = false;
    PromptForm prompt = PromptForm::as_sent;
    RequestForm request = RequestForm::object;
    TimeForm time = TimeForm::seconds;
    bool finished_as_text = false;
    bool id_as_task_id = false;
    Duration records_ahead{}; ///< The database's clock against the service's `Date`.
    bool two_zones = false;   ///< Every second record has `records_ahead`, the others have not.
    ErrorForm error = ErrorForm::absent;
    bool success_is_false = false; ///< `success: false` on preview lines and in good records.
    int equal_strangers = 0;       ///< In percent of requests: an equal one of another run.
    int broken_strangers = 0;      ///< Records that are not quite UTF-8, in each listing.

    Duration lists_after{}; ///< A task is listed so late.
    Duration shown_after{}; ///< A task is found by its id so late.
    int list_cap =
        0; ///< The most records that a listing shows, 0: all; up to 10 are taken for all.
    bool ignores_offset = false;
    int page_max = 0; ///< The most records of a page, whatever is asked for; 0: as many as that.
    int crowd = 0;    ///< Now and then so many records of others arrive before a page.
    bool servers_differ = false; ///< Half of the answers lack those of the last ten seconds.
    bool is_unordered = false;
    bool is_by_change = false;      ///< A record moves to the top when its task ends.
    bool lists_nothing = false;     ///< Only tasks by their ids are found.
    bool lacks_known = false;       ///< Every seventh task is in no listing.
    std::size_t too_large_from = 0; ///< A listing of more records is above 16 MiB; 0: none.

    int pages = 0;         ///< In percent of paid requests: a gateway's page after the whole POST.
    int refusals = 0;      ///< In percent: a page of a gateway that passes nothing on.
    int silences = 0;      ///< In percent: no answer in the time that the client gives.
    int empty_answers = 0; ///< In percent: 200 with a page or with nothing.
    int timeouts = 0;      ///< In percent of tasks: `timeout` is said, and it succeeds later.
    int words_taken_back = 0; ///< In percent of tasks: said to have failed, and it succeeds later.
    int callbacks_lost = 0;   ///< In percent.
    int callbacks_twice = 0;

    Duration our_clock_ahead{}; ///< Until the last lives.

    /// Draws some of them, several at once.
    static Imperfections draw(Chance& chance);
    /// Returns what stays when the accidents end: the forms of the records.
    Imperfections calmed() const;
};

} // namespace darkroom::simulation
