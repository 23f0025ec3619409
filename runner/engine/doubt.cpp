#include "runner/engine/doubt.hpp"

#include <array>
#include <cstddef>

namespace darkroom::engine {

std::string_view words_for(Doubt doubt) {
    static constexpr std::array<std::string_view, 13> words{
        "",
        "it may still be on its way",
        "the service's list of tasks does not reach back far enough",
        "it was sent to another service or with another token",
        "no later task of its kind is listed yet",
        "the service's list lacks tasks that it has named",
        "a task that no step has could be it",
        "its task has not ended yet, or is not shown",
        "the service cannot be asked about it in this run",
        "the service's list of tasks is too long to be read",
        "the service's list begins with nothing that was made later",
        "records of the service's list change their places while it is read",
        "the task that could be it is another run directory's",
    };
    return words.at(static_cast<std::size_t>(doubt));
}

} // namespace darkroom::engine
