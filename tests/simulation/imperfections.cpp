#include "tests/simulation/imperfections.hpp"

namespace darkroom::simulation {

using namespace std::chrono_literals;

namespace {

template <class Enum>
Enum any_of(Chance& chance, Enum last) {
    return static_cast<Enum>(chance.between(0, static_cast<int>(last)));
}

void draw_forms(Chance& chance, Imperfections& how) {
    how.further_members = !chance.of(10);
    how.defaults_filled = chance.of(30);
    if (chance.of(30)) how.prompt = any_of(chance, PromptForm::rewritten);
    if (chance.of(15)) how.request = any_of(chance, RequestForm::missing);
    if (chance.of(20)) how.time = any_of(chance, TimeForm::missing);
    how.finished_as_text = chance.of(10);
    how.id_as_task_id = chance.of(10);
    if (chance.of(15)) how.records_ahead = std::chrono::hours(chance.between(-12, 12));
    how.two_zones = how.records_ahead != Duration() && chance.of(30);
    if (chance.of(30)) how.error = any_of(chance, ErrorForm::zero_code);
    how.success_is_false = chance.of(5);
    if (chance.of(20)) how.broken_strangers = static_cast<int>(chance.between(1, 3));
}

void draw_listing(Chance& chance, Imperfections& how) {
    if (chance.of(20)) how.lists_after = chance.time(1s, 60s);
    if (chance.of(10)) how.shown_after = chance.time(1s, 60s);
    if (chance.of(5)) how.list_cap = static_cast<int>(chance.between(11, 100));
    how.ignores_offset = chance.of(5);
    how.is_unordered = chance.of(5);
    how.lists_nothing = chance.of(4);
    how.lacks_known = chance.of(4);
    if (chance.of(5)) how.too_large_from = static_cast<std::size_t>(chance.between(5, 40));
}

/// Short pages, between which others come; half of the answers are from a server behind.
void draw_pages(Chance& chance, Imperfections& how) {
    how.page_max = static_cast<int>(chance.between(4, 12));
    how.crowd = static_cast<int>(chance.between(0, 5));
    how.servers_differ = how.crowd > 0 && chance.of(70);
    how.is_by_change = chance.of(40);
}

void draw_accidents(Chance& chance, Imperfections& how) {
    if (chance.of(20)) how.equal_strangers = 20;
    if (chance.of(40)) how.pages = 5;
    if (chance.of(20)) how.refusals = 5;
    if (chance.of(20)) how.empty_answers = 4;
    if (chance.of(20)) how.silences = 3;
    if (chance.of(30)) how.timeouts = 8;
    if (chance.of(15)) how.words_taken_back = 8;
    if (chance.of(30)) how.callbacks_lost = 20;
    if (chance.of(30)) how.callbacks_twice = 20;
    if (chance.of(20)) how.our_clock_ahead = chance.of(50) ? Duration(10min) : Duration(8h);
}

} // namespace

Imperfections Imperfections::draw(Chance& chance) {
    Imperfections how;
    if (chance.of(70)) draw_forms(chance, how);
    if (chance.of(60)) draw_listing(chance, how);
    if (chance.of(25)) draw_pages(chance, how);
    draw_accidents(chance, how);
    if (how.lists_nothing) how.broken_strangers = 0;
    return how;
}

Imperfections Imperfections::calmed() const {
    auto calm = *this;
    calm.crowd = calm.equal_strangers = calm.pages = calm.refusals = calm.empty_answers =
        calm.silences = 0;
    calm.timeouts = calm.words_taken_back = calm.callbacks_lost = calm.callbacks_twice = 0;
    calm.our_clock_ahead = {};
    return calm;
}

} // namespace darkroom::simulation
