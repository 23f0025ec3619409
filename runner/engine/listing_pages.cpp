#include "runner/engine/listing_pages.hpp"

#include "runner/base/all_of.hpp"

#include <utility>

namespace darkroom::engine {

awaitable<std::vector<LookedUp>> ask_for_pages(Provider& provider, TaskQuery query,
                                               std::vector<int> offsets) {
    std::vector<awaitable<LookedUp>> questions;
    for (int const offset : offsets) {
        query.offset = offset;
        questions.push_back(provider.look_up(query));
    }
    auto answers = co_await all_of(std::move(questions));
    co_return answers;
}

} // namespace darkroom::engine
