// Parts of Ferry that run as programs of their own, for the faces to hand over to.
#pragma once
#include "app/calling.h"   // is_call_command, call_main
#include "backup/fence.h"  // is_fence_command, fence_main
#include "host/door.h"     // is_door_command, door_main
#include "host/sandbox.h"  // is_sandbox_command, sandbox_main
