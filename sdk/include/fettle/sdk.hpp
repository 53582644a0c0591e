// All a plugin author includes.
#pragma once

#include <fettle/parallel.hpp>
#include <fettle/plugin.hpp>
#include <fettle/random.hpp>
#include <fettle/roles/data.hpp>
#include <fettle/roles/decide.hpp>
#include <fettle/statistics.hpp>
#include <fettle/suggest.hpp>

#if defined(FETTLE_USES_TORCH)  // fettle_add_plugin(... USES torch)
#include <fettle/roles/learn.hpp>
#endif
