// Beast's own sources, compiled once for the whole program (BOOST_BEAST_SEPARATE_COMPILATION), and
// those of Asio's TLS streams, which only this room uses.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
