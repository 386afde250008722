import { realNvpStep } from './realnvp-step'
import type { Workload } from './workload'

export const workloads: readonly Workload[] = [realNvpStep]
