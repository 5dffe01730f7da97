// For objects of C libraries, which are given back by a function.
#pragma once

#include <memory>

namespace headwater {

template <auto Free>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

/// Owns an object that `Free` gives back: Owned<BIO, BIO_free_all>.
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

}  // namespace headwater
