#include "runner/base/deadline.hpp"

namespace darkroom {

// One instantiation, so that a mistake in the template shows when this room is compiled.
template boost::asio::awaitable<int> with_deadline(Clock&, Time, boost::asio::awaitable<int>);

} // namespace darkroom
