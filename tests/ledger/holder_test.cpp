#include "runner/ledger/holder.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace darkroom::ledger {

BOOST_AUTO_TEST_CASE(this_process_is_alive) {
    auto const me = this_process();
    BOOST_TEST(me.pid == ::getpid());
    BOOST_TEST(me.start > 0);
    BOOST_TEST(is_alive(me));
}

BOOST_AUTO_TEST_CASE(a_process_that_was_killed_is_not) {
    auto const child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    auto holder = this_process();
    holder.pid = child;
    BOOST_TEST(!is_alive(holder)); // another start: the number belongs to another process now
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(!is_alive(holder));
}

BOOST_AUTO_TEST_CASE(nobody_is_alive_after_another_boot_and_in_another_container_perhaps) {
    auto holder = this_process();
    auto const slash = holder.boot.find('/');
    auto const boot = holder.boot.substr(0, slash);
    holder.boot = boot + "/1";
    BOOST_TEST(is_alive(holder));
    holder.boot = "another" + holder.boot.substr(slash);
    BOOST_TEST(!is_alive(holder));
    BOOST_TEST(!is_alive(Holder()));
}

} // namespace darkroom::ledger
