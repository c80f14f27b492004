// Declares a kernel table once per instruction set, and picks the one for an Isa.
#pragma once

#include "core/host_device.h"
#include "dispatch/cpu.h"

#if defined(__x86_64__)
#define PX_DECLARE_KERNELS(Type, name) \
  namespace v2 {                       \
  extern const Type name;              \
  }                                    \
  namespace v3 {                       \
  extern const Type name;              \
  }                                    \
  namespace v4 {                       \
  extern const Type name;              \
  }
#define PX_PICK_KERNELS(isa, name) ((isa) == Isa::x86_64_v4 ? v4::name : (isa) == Isa::x86_64_v3 ? v3::name : v2::name)
#else
#define PX_DECLARE_KERNELS(Type, name) \
  namespace neon {                     \
  extern const Type name;              \
  }
#define PX_PICK_KERNELS(isa, name) ((void)(isa), neon::name)
#endif
