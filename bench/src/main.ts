// Runs the workloads of this folder and prints one table.
console.log('bench: no workload is built yet')
