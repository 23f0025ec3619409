// The sources of Asio's TLS streams, compiled once for the whole program; only this room uses them.
#include <boost/asio/ssl/impl/src.hpp>
